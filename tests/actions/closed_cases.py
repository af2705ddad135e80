"""Cases that are over, with everything that people wrote in them, for what is to be let go (rule P3)."""

from datetime import datetime

from portal.actions import cases, outages
from portal.models import Attachment, Case, Consent, Device, Feedback, Message
from portal.rules.workflow import State
from tests import builders
from tests.builders import NOW

SECRETS = ("Ada Muster", "Lindenstraße 8", "+49220212345", "Geheimes", "00340434161094042557")
"""What must be found nowhere in an erased case."""


def a_closed_case(
    device: Device | None = None, now: datetime = NOW, *, quote: bool = False, link: bool = False, **columns
) -> Case:
    """Make a case that ended at `now`, with a photo, a message, a line, a consent and an opinion."""
    device = device or builders.a_device()
    if quote:
        case = builders.a_case_with_quote(device, now=now)
        builders.accepted(case, now=now)
    else:
        case = builders.a_sent_case(device, now=now)
    if link:
        builders.an_active_link(device, now=now, link=builders.a_link_request(case=case, now=now))
    owner = case.reporter
    Message.create(case=case, account=owner, text="Geheimes im Gespräch", at=now)
    outages.add_line(case, "Geheimes im Protokoll", now, by=owner, now=now)
    Attachment.create(case=case, name=f"{case.id:032x}.jpg", width=1, height=1, size=1, at=now)
    consent = builders.consent("repair_by_quote", now) | {"at": now}
    Consent.create(account=owner, case=case, **consent)
    Feedback.create(case=case, score=4, text="Geheimes Lob", at=now, account=owner)
    cases.note(case, "Geheimes im Team", by=builders.a_staff_member(), now=now)
    ended = {"state": State.COMMISSIONED, "state_since": now, "fault": "Geheimes im Fehler", **columns}
    Case.update(ended).where(Case.id == case.id).execute()
    return Case.get_by_id(case.id)
