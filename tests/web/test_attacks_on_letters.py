"""Header injection: every letter, with line ends and false headers in every word that somebody can type."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest

from portal import deliveries
from portal.models import (
    Account,
    Case,
    Consent,
    Customer,
    Device,
    Letter,
    Message,
    Operator,
    ParcelItem,
    Salon,
    SubstituteLink,
    base,
)
from portal.outside.mailer import message
from tests.web.test_letters import EVENTS

EVIL = (
    "Ada\r\nBcc: x@evil.example\r\nATTENDEE:mailto:x@evil.example\n\r\n\r\n"
    "<script>alert(1)</script>\x00\u2028Bcc: y"
)
TYPED = {
    Account: {"name"},
    Customer: {"name"},
    Salon: {"name", "street", "city", "phone", "country"},
    Device: {"name", "serial", "tse_serial"},
    Case: {
        "fault", "on_screen", "contact_name", "contact_phone", "return_name", "return_street", "return_city",
        "return_postal_code", "tracking_number", "return_tracking", "diagnosis", "storage_place",
    },
    SubstituteLink: {"reason_text", "refusal", "corrected_why", "till_problem", "read_out_problem"},
    Operator: {
        "brand", "company", "street", "postal_code", "city", "phone", "support_hours", "person",
        "upload_name",
    },
    Message: {"text"},
    Consent: {"wording"},
    ParcelItem: {"name", "waived_why", "departure_why"},
}  # fmt: skip
OURS = re.compile(r"[a-z_]+|[0-9T:.+-]+|[A-Za-z0-9_-]{16,}|R\d+|#?[0-9a-f]+|")
"""What the portal itself writes into a letter's context: words of programs, instants, marks, numbers."""
HEADERS = {
    "message-id", "date", "from", "to", "reply-to", "subject", "auto-submitted",
    "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip


def poisoned(value: object) -> object:
    """Return the value with every typed word in it made evil."""
    if isinstance(value, dict):
        return {name: poisoned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    return EVIL if isinstance(value, str) and not OURS.fullmatch(value) else value


def poison_everything() -> None:
    """Make every word evil that people can type, in the tables and in what letters remember."""
    for model, names in TYPED.items():
        fields = model._meta.fields
        model.update({name: EVIL for name in names if not fields[name].unique}).execute()
    for letter in Letter.select():
        Letter.update(context=poisoned(letter.context)).where(Letter.id == letter.id).execute()


def letters_of(event: str) -> Iterator[Letter]:
    """Have the event come about, poison all that was typed, and give its letters; then undo all of it."""
    with base.db.atomic() as everything:
        EVENTS[event]()
        poison_everything()
        yield from Letter.select().where(Letter.event == event)
        everything.rollback()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # which lets any text be as long as it is
def test_no_typed_word_becomes_a_header_of_any_letter(app):  # rule S4
    post, faults = deliveries.Mails(app.config["PORTAL"]), []
    with app.app_context():
        for event in EVENTS:
            found = 0
            for letter in letters_of(event):
                found += 1
                faults += [f"{event}: {fault}" for fault in wrong_with(post, letter)]
            assert found, event
    assert faults == []


def wrong_with(post: deliveries.Mails, letter: Letter) -> Iterator[str]:
    raw = message(post._mail_of(letter)).as_bytes()
    read = message_from_bytes(raw, policy=default)
    if strange := {name.lower() for name in read} - HEADERS:
        yield f"header {strange}"
    if [one.addr_spec for one in read["to"].addresses] != [letter.recipient]:
        yield f"to {read['to']}"
    if re.search(r"[\x00-\x1f\x7f\u2028]", str(read["subject"])):
        yield f"subject {read['subject']!r}"
    for part in read.walk():
        if part.get_content_type() == "text/html" and "<script>" in part.get_content():
            yield "a script"
        if part.get_content_type() == "text/calendar" and re.search(
            r"(?m)^ATTENDEE:mailto:x", part.get_content()
        ):
            yield "a guest in the calendar"
        if part.is_multipart() and part.defects:
            yield f"defects {part.defects}"
