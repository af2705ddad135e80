"""Asking for a substitute link on its own: device, reason, data, expected answer (L1, L4a, L7, L8, L12).

What was given so far stays in the browser's session, so that every page can be left and
come back to, with or without JavaScript; sending takes it out.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, flash, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms.validators import StopValidation

from portal.actions import links as deeds
from portal.actions.links import BackupFacts, LinkAlreadyOpen, LinkMoved
from portal.models import Case, Device, SubstituteLink
from portal.outside import clock
from portal.rules import report
from portal.rules.links import LinkReason
from portal.rules.report import DeviceFacts
from portal.web import labels, wordings
from portal.web.context import operator
from portal.web.forms import Choice, Form, Moment, Paragraphs
from portal.web.fragments import go_to, page
from portal.web.owner import bp

KEPT = "link_request"
LONGEST_REASON = 300
YES_NO = ("yes", "no", "unknown")
AS_BOOL = {"yes": True, "no": False}
LONG_AGO = timedelta(days=365)


class Wanted(Form):
    """For which device, and why."""

    device = Choice(message=_l("Bitte wählen Sie den Kassenserver."))
    reason = Choice(options=tuple(LinkReason), message=_l("Bitte wählen Sie einen Grund."))
    reason_text = Paragraphs(longest=LONGEST_REASON)

    def validate_reason_text(self, field: Paragraphs) -> None:
        """Ask for words where no reason of the list fits."""
        if self.reason.data == LinkReason.OTHER and not field.data:
            raise StopValidation(_("Bitte schreiben Sie kurz, warum."))


class Facts(Form):
    """What the salon knows of its last backup (rules B1a–B3)."""

    online = Choice(
        options=("at", "running", "unknown"), message=_l("Bitte sagen Sie, wann der Server zuletzt lief.")
    )
    online_at = Moment()
    uploaded = Choice(options=YES_NO, message=_l("Bitte sagen Sie, ob Sie selbst hochgeladen haben."))
    uploaded_at = Moment()
    booked = Choice(options=YES_NO, message=_l("Bitte sagen Sie, ob die Sicherung gebucht ist."))
    entered = Choice(options=YES_NO, message=_l("Bitte sagen Sie, ob danach etwas eingegeben wurde."))

    def validate_online_at(self, field: Moment) -> None:
        """Ask for the moment if it is said to be known."""
        if self.online.data == "at" and field.data is None:
            raise StopValidation(_("Bitte sagen Sie, wann er zuletzt lief und online war."))

    def validate_uploaded_at(self, field: Moment) -> None:
        """Ask when the backup was uploaded, if it was."""
        if self.uploaded.data == "yes" and field.data is None:
            raise StopValidation(_("Bitte sagen Sie, wann Sie die Sicherung hochgeladen haben."))


@bp.route("/links/new", methods=["GET", "POST"])
def link_new() -> Response:
    """Ask which device and why; devices with an open link are shown and cannot be chosen (rule L1)."""
    opened = [link for link in SubstituteLink.open_for_account(current_user) if not is_over(link)]
    taken = {link.device_id: link for link in opened}
    devices = list(Device.of(current_user.customer))
    free = [device for device in devices if device.id not in taken]
    form = Wanted(data={**_kept(), **_asked(free)})
    form.device.options = tuple(str(device.id) for device in free)
    if request.method != "POST":
        return _device_page(form, devices, taken)
    if _is_taken(form.device.data, taken):
        return already_open(taken[int(form.device.data)])
    if not form.validate():
        return _device_page(form, devices, taken, status=422)
    _keep(device=form.device.data, reason=form.reason.data, reason_text=form.reason_text.data)
    return go_to(url_for("owner.link_facts"))


def is_over(link: SubstituteLink) -> bool:
    """Tell whether the link is past its end, and write that down: its device is free again (L1, L9)."""
    now = clock.now()
    if not link.is_over(now):
        return False
    with suppress(LinkMoved):  # the worker or the door was faster
        deeds.expire(link, now=now)
    return True


def _asked(free: list[Device]) -> dict[str, str]:
    """Return the device that the address names, or the only one there is."""
    wanted = request.args.get("device", type=int)
    if len(free) == 1:
        return {"device": str(free[0].id)}
    return {"device": str(wanted)} if wanted in [device.id for device in free] else {}


def _is_taken(chosen: str | None, taken: dict[int, SubstituteLink]) -> bool:
    return bool(chosen) and chosen in {str(device) for device in taken}


def _device_page(
    form: Wanted, devices: list[Device], taken: dict[int, SubstituteLink], status: int = 200
) -> Response:
    return page(
        "owner/link_new.html",
        status=status,
        form=form,
        errors=form.mistakes if status == 422 else {},
        devices=devices,
        taken=taken,
        devices_free=[_card(device) for device in devices if device.id not in taken],
        reasons=[(reason, labels.label(reason)) for reason in LinkReason],
        longest=LONGEST_REASON,
    )


def _card(device: Device) -> tuple[str, str, str, str]:
    """Return a device as a choice: salon and name, and what tells it from the others."""
    told = _("Seriennummer %(serial)s", serial=device.serial) if device.serial else device.salon.street
    return str(device.id), f"{device.salon.name} · {device.name}", "", told


@bp.route("/links/new/facts", methods=["GET", "POST"])
def link_facts() -> Response:
    """Ask what is known of the last backup (rules B1a–B3)."""
    device = _device()
    if device is None:
        return go_to(url_for("owner.link_new"))
    form = _facts_form(device)
    if request.method != "POST":
        return page("owner/link_facts.html", form=form, errors={}, device=device)
    if not form.validate():
        return page("owner/link_facts.html", status=422, form=form, errors=form.mistakes, device=device)
    _keep(**{name: _stored(field) for name, field in form._fields.items()})
    if form.online.data == "running":
        _keep(online_at=clock.now().isoformat())
    return go_to(url_for("owner.link_send"))


def _facts_form(device: Device) -> Facts:
    kept = _kept()
    given = {name: kept.get(name, "") for name in ("online", "uploaded", "booked", "entered")}
    moments = {name: _moment(kept.get(name)) for name in ("online_at", "uploaded_at")}
    form = Facts(data={**given, **moments})
    if device.backup_booked is not None:
        del form.booked
    now = clock.now()
    for field in (form.online_at, form.uploaded_at):
        field.latest, field.earliest = now + timedelta(minutes=5), now - LONG_AGO
    if request.method == "POST":
        _forget_hidden(form)
    return form


def _forget_hidden(form: Facts) -> None:
    """Leave out a moment that the chosen answer does not ask for; what was typed there is no mistake."""
    for choice, wanted, moment in (("online", "at", "online_at"), ("uploaded", "yes", "uploaded_at")):
        if form[choice].data != wanted:
            form[moment].day = form[moment].clock = ""


def _stored(field: Any) -> str:
    return field.data.isoformat() if isinstance(field.data, datetime) else field.data or ""


@bp.route("/links/new/send", methods=["GET", "POST"])
def link_send() -> Response:
    """Show the expected answer and what must be known before, then send the request (L4a, L2, L7, L8)."""
    device, kept = _device(), _kept()
    if device is None or "entered" not in kept:
        return go_to(url_for("owner.link_new" if device is None else "owner.link_facts"))
    kinds = report.link_terms(DeviceFacts(tse_in_server=device.tse_in_server))
    missing = [kind for kind in kinds if kind not in request.form.getlist("accepted")]
    if request.method != "POST" or missing:
        return _send_page(device, kept, kinds, mistaken=request.method == "POST")
    try:
        link = _request(device, kept, kinds)
    except LinkAlreadyOpen:
        return _met_another(device, kept)
    session.pop(KEPT, None)
    flash(_("Ihre Anfrage ist bei uns."))
    return go_to(url_for("owner.link", link=link.id))


def _send_page(device: Device, kept: dict[str, str], kinds: tuple, *, mistaken: bool) -> Response:
    facts = backup_facts(device, kept)
    needed = _("Bitte bestätigen Sie jeden Punkt.")
    return page(
        "owner/link_send.html",
        status=422 if mistaken else 200,
        errors={"accepted": needed} if mistaken else {},
        device=device,
        facts=facts,
        upload=kept["uploaded"],
        found=facts.expectation(device.origin),
        reason=LinkReason(kept["reason"]),
        reason_text=kept["reason_text"],
        terms=[(kind, wordings.text_of(kind, operator())) for kind in kinds],
        accepted=request.form.getlist("accepted"),
    )


def _request(device: Device, kept: dict[str, str], kinds: tuple) -> SubstituteLink:
    reason, now = LinkReason(kept["reason"]), clock.now()
    case = Case.open_of(device).first() if reason is LinkReason.DEFECT else None
    return deeds.request(
        device,
        backup_facts(device, kept),
        by=current_user._get_current_object(),
        now=now,
        reason=reason,
        reason_text=kept["reason_text"],
        case=case if case and case.customer_id == current_user.customer_id else None,
        consents=wordings.accept(kinds, operator(), now),
    )


def _met_another(device: Device, kept: dict[str, str]) -> Response:
    """Lead a form that was sent twice to its one request; tell everybody else of the open link (L1, S3)."""
    existing = deeds.open_now(device, now=clock.now())
    if existing is None:
        return go_to(url_for("owner.link_send"))  # it has ended this moment: free to ask again
    session.pop(KEPT, None)
    facts = backup_facts(device, kept)
    told = (existing.requester_id, existing.reason, existing.last_online_at, existing.entered_since)
    if told == (current_user.id, kept["reason"], facts.last_online_at, facts.entered_since):
        return go_to(url_for("owner.link", link=existing.id))
    return already_open(existing)


def already_open(link: SubstituteLink) -> Response:
    """Say kindly that this device has an open link, and lead there (rule L1)."""
    return page("owner/link_taken.html", status=409, link=link)


def backup_facts(device: Device, kept: dict[str, str]) -> BackupFacts:
    """Return what is known of backup and data: the register's answer first, then the owner's."""
    booked = device.backup_booked
    return BackupFacts(
        backup_booked=AS_BOOL.get(kept.get("booked", "")) if booked is None else booked,
        last_online_at=_moment(kept.get("online_at")) if kept.get("online") != "unknown" else None,
        uploaded_at=_moment(kept.get("uploaded_at")) if kept.get("uploaded") == "yes" else None,
        entered_since=AS_BOOL.get(kept.get("entered", "")),
    )


def _device() -> Device | None:
    """Return the device chosen on the first page, if it is one's own (rule P1)."""
    chosen = _kept().get("device")
    return next((one for one in Device.of(current_user.customer) if str(one.id) == chosen), None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _kept() -> dict[str, str]:
    return dict(session.get(KEPT, {}))


def _keep(**given: str) -> None:
    session[KEPT] = {**_kept(), **given}
