"""Of what the portal has reminded a salon, as the history says it (rules C2b, C4, R4, S6)."""

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import History
from portal.rules.reminders import STEPS, Reminder

OF_WHAT = {
    Reminder.RELEASE_ENDS_SOON: _l("Freigabe endet bald"),
    Reminder.RELEASE_LAPSED: _l("Freigabe abgelaufen"),
    Reminder.PARCEL_AWAITED: _l("Paket noch nicht da"),
    Reminder.PART_AWAITED: _l("Fehlendes Teil noch nicht da"),
    Reminder.QUOTE_ENDS_SOON: _l("Kostenvoranschlag endet bald"),
    Reminder.ARRIVAL_ASKED: _l("Ist das Paket angekommen?"),
    Reminder.BOOKING_ASKED: _l("Termin noch offen"),
    Reminder.BOOKING_ASKED_AGAIN: _l("Termin noch offen, zum zweiten Mal"),
}
"""Every reminder that is a letter; the others are steps and have their own words."""


def details(row: History) -> Iterator[str]:
    """Yield of what was reminded, and the score of an answer."""
    if row.what == "remind" and row.facts.get("reminder") in set(Reminder) - STEPS:
        yield str(OF_WHAT[Reminder(row.facts["reminder"])])
    if row.what == "give_feedback" and row.facts.get("score"):
        yield _("%(score)s von 5", score=row.facts["score"])
