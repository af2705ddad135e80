"""One case as plain data, for the copy of one's own data (rules P1, P3): what its owner may see of it."""

from collections.abc import Iterable
from typing import Any

from peewee import Model

from portal.models import (
    Account,
    Appointment,
    Attachment,
    Case,
    Consent,
    Device,
    Feedback,
    History,
    Letter,
    Message,
    OutageLine,
    ParcelItem,
    Quote,
    Salon,
    SubstituteLink,
    Swap,
)
from portal.rules.quotes import QuoteState
from portal.rules.workflow import Role

INTERNAL = frozenset({"note", "store_at"})  # the team's own; no owner ever sees them (S6)
WAY = ("number", "state", "state_since", "reported_at", "keep_until", "erased_at")
OF_CASE = (
    "language", "topic", "outcome", "estimate", "estimated_on", "answers", "fault", "on_screen",
    "fault_since", "last_online_at", "uploaded_at", "entered_since", "released_at", "valid_until", "carrier",
    "tracking_number", "sent_at", "received_at", "decision", "decided_at", "diagnosis", "read_out_at",
    "final_cents", "return_carrier", "return_tracking", "dispatched_at", "delivered_at",
)  # fmt: skip
ADDRESS = (
    "contact_name", "contact_phone", "return_name", "return_street", "return_postal_code", "return_city",
    "return_country",
)  # fmt: skip


def chosen(row: Model, *names: str) -> dict[str, Any]:
    """Return some columns of a row."""
    return {name: getattr(row, name) for name in names}


def told(case: Case, reader: Account, photos: Iterable[Attachment]) -> dict[str, Any]:
    """Return all that the case's owner may see of it; of one that was erased what is left."""
    if case.erased_at is not None:
        return chosen(case, *WAY)
    return {
        **chosen(case, *WAY, *OF_CASE),
        "address": chosen(case, *ADDRESS),
        "salon": salon(case.salon) if case.salon else None,
        "device": device(case.device) if case.device else None,
        "photos": [_photo(number, photo) for number, photo in enumerate(photos, start=1)],
        "consents": [consent(row) for row in Consent.of_case(case)],
        "quotes": [_quote(row) for row in quotes_of(case)],
        "appointments": [_appointment(row) for row in Appointment.of_case(case)],
        "links": [link(row) for row in SubstituteLink.of_cases([case])],
        "parcel": [_part(row) for row in ParcelItem.of_case(case)],
        "swaps": [_swap(row) for row in Swap.of_case(case)],
        **_talk(case, reader),
    }


def _talk(case: Case, reader: Account) -> dict[str, Any]:
    opinion = Feedback.of_case(case)
    letters = Letter.select().where(Letter.case == case, Letter.account == reader).order_by(Letter.id)
    messages = Message.of_case(case, with_internal=False)
    return {
        "messages": [{"at": row.at, "by": by(row.account, reader), "text": row.text} for row in messages],
        "outage_lines": [
            chosen(row, "happened_at", "text", "at", "withdrawn_at") for row in OutageLine.of(case)
        ],
        "feedback": chosen(opinion, "score", "text", "at") if opinion else None,
        "letters": [letter(row) for row in letters],
        "history": [_deed(row, reader) for row in History.of_case(case) if row.what not in INTERNAL],
    }


def by(writer: Account | None, reader: Account) -> str:
    """Return who did something: people of the own business by name, others by what they are."""
    if writer is None:
        return "portal"
    return writer.name if writer.customer_id == reader.customer_id else "support"


def _deed(row: History, reader: Account) -> dict[str, Any]:
    is_own = row.account is not None and row.account.role is Role.OWNER
    words = {"why": row.why} if is_own and row.why else {}
    return {**chosen(row, "at", "what", "source", "target"), "by": by(row.account, reader), **words}


def seen_by(account: Account, case_id: int) -> Case | None:
    """Return the case if it belongs to the person's own business (rule P1)."""
    if account.customer_id is None:
        return None
    return Case.visible_to(account).where(Case.id == case_id).first()


def photos_of(case: Case) -> list[Attachment]:
    """Return the case's photos, whatever they show; the team's of the parcel are of what the owner sent."""
    there = (Attachment.case == case) & Attachment.removed_at.is_null()
    return list(Attachment.select().where(there).order_by(Attachment.id))


def photo_name(number: int) -> str:
    """Return what the photo of this number is called in the copy."""
    return f"photo-{number}.jpg"


def _photo(number: int, photo: Attachment) -> dict[str, Any]:
    return {"file": photo_name(number), **chosen(photo, "kind", "at", "width", "height")}


def quotes_of(case: Case) -> list[Quote]:
    """Return the quotes that were sent, the first one first."""
    return list(
        Quote.select().where(Quote.case == case, Quote.state != QuoteState.DRAFT).order_by(Quote.number)
    )


def consent(row: Consent) -> dict[str, Any]:
    """Return what somebody agreed to: wording, version, language, time (rule S7)."""
    return chosen(row, "kind", "wording", "version", "language", "amount_cents", "at")


def letter(row: Letter) -> dict[str, Any]:
    """Return that a letter was sent, not what it said."""
    return chosen(row, "event", "recipient", "language", "written_at", "sent_at")


def salon(row: Salon) -> dict[str, Any]:
    """Return a salon."""
    return chosen(row, "name", "street", "postal_code", "city", "country", "phone", "hours")


def device(row: Device) -> dict[str, Any]:
    """Return a device."""
    return chosen(
        row, "name", "serial", "purchased_on", "purchased_in", "delivered_on", "origin", "tse_in_server",
        "tse_serial", "backup_booked", "last_backup_at",
    )  # fmt: skip


def link(row: SubstituteLink) -> dict[str, Any]:
    """Return a substitute link, without what opens it."""
    return chosen(
        row, "reason", "reason_text", "requested_at", "state", "mode", "ending", "expected", "backup_at",
        "real_backup_at", "complete", "decided_at", "refusal", "activated_at", "ends_at", "days",
        "lock_lifted_at", "ended_at",
    )  # fmt: skip


def _quote(row: Quote) -> dict[str, Any]:
    return chosen(
        row, "number", "state", "introduction", "positions", "vat_percent", "net_cents", "total_cents",
        "sent_at", "valid_until", "decided_at",
    )  # fmt: skip


def _appointment(row: Appointment) -> dict[str, Any]:
    return chosen(row, "kind", "state", "starts_at", "ends_at", "note", "booked_at", "ended_at", "ended_why")


def _part(row: ParcelItem) -> dict[str, Any]:
    return chosen(
        row, "part", "name", "arrival", "arrived_at", "serial", "tse_serial", "bsi_number", "departure",
        "departed_at",
    )  # fmt: skip


def _swap(row: Swap) -> dict[str, Any]:
    return chosen(
        row, "part", "name", "old_serial", "new_serial", "old_bsi_number", "new_bsi_number",
        "out_of_service_on", "in_service_on",
    )  # fmt: skip
