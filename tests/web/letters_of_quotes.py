"""How each letter about a quote comes about; `tests.web.test_letters` reads them all (rule S4)."""

from datetime import timedelta

from portal.actions import quotes, reminders
from portal.models import Case, Consent, Quote
from tests.builders import NOW, a_case_with_quote, a_chargeable_case, accepted, an_offer, an_operator, consent


def _open_quote() -> Quote:
    return Quote.unanswered(a_case_with_quote())


def _sent() -> None:
    """Send one that replaces another, to an owner who agreed to pay for the inspection (P4)."""
    an_operator(inspection_fee_cents=4900)
    case = a_chargeable_case()
    Consent.update(amount_cents=4900).where(Consent.kind == "inspection_fee").execute()
    accepted(a_case_with_quote(case=case))
    a_case_with_quote(case=Case.get_by_id(case.id), offer=an_offer(30000))


def _ends_soon() -> None:
    quote = _open_quote()
    reminders.remind_due(now=quote.valid_until - timedelta(days=2))


def _accepted() -> None:
    accepted(a_case_with_quote())


def _declined() -> None:
    quote = _open_quote()
    given = {**consent("quote_declined"), "amount_cents": None}
    quotes.decline(quote, given, by=quote.case.reporter, now=NOW)


def _lapsed() -> None:
    quote = _open_quote()
    reminders.remind_due(now=quote.valid_until + timedelta(hours=1))


EVENTS = {
    "quote_sent": _sent,
    "quote_ends_soon": _ends_soon,
    "quote_accepted": _accepted,
    "quote_declined": _declined,
    "quote_lapsed": _lapsed,
}
