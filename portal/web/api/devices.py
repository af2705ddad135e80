"""Devices as machines report on them (rules B1, B2)."""

from flask import g

from portal.actions import back_end
from portal.actions.back_end import Implausible
from portal.actions.link_steps import LinkMoved
from portal.models import interfaces
from portal.outside import clock
from portal.rules.keys import Scope
from portal.web.api import bp
from portal.web.api.bodies import BACKUP, Backup, BackupTaken
from portal.web.api.endpoint import endpoint, unfit
from portal.web.api.links import IMPLAUSIBLE, IN_THE_WAY
from portal.web.api.problems import Problem


@bp.post("/devices/<serial>/backups")
@endpoint(Scope.BACKUPS_WRITE, answer=Backup, body=BACKUP, refusals=(404, 409))
def backup(serial: str, body: BackupTaken) -> Backup:
    """Report a backup's real time.

    The newest one counts: the same report again, or an older one, changes nothing. If a link is
    requested for the device, its expected answer follows from the backup's real time, by rule.
    """
    device = interfaces.device(serial)
    if device is None:
        raise Problem(404, "There is no device with this serial number.", code="device_unknown")
    try:
        known, link = back_end.report_backup(
            device, body.taken_at, now=clock.now(), api_key=g.api_key.name
        )  # fmt: skip
    except Implausible as error:
        raise unfit("taken_at", error.why, IMPLAUSIBLE[error.why]) from error
    except LinkMoved as error:
        raise Problem(409, IN_THE_WAY["link_moved"], code="link_moved") from error
    return Backup(
        device_serial=serial,
        last_backup_at=known.last_backup_at,
        requested_link=link.id if link else None,
        expected=link.expected if link else None,
    )
