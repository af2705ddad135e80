"""The pages of quotes: for their owner in every state, and for who writes them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.actions import quotes
from portal.models import Account, Case, Quote
from tests import builders

OFFER = builders.an_offer(
    8900,
    13500,
    -1500,
    introduction="Das Netzteil ist durchgebrannt. Wir tauschen es und prüfen die Anschlüsse.",
)


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the cases, and return each page's name, its address and who looks at it."""
    staff, owner = builders.a_staff_member(), builders.an_owner()
    salon = builders.a_salon(owner.customer)

    def case(when: datetime = now) -> Case:
        device = builders.a_device(salon, purchased_on=now.date() - timedelta(days=900))
        return builders.a_chargeable_case(device, owner, when, staff)

    yield from _asked(
        builders.a_case_with_quote(case=case(), staff=staff, offer=OFFER, now=now), owner, staff
    )
    yield from _answered(case, owner, staff, now)
    written = case()
    yield "staff-quote-new", f"/staff/cases/{written.number}/quote", staff
    drafted = quotes.save_draft(case(), OFFER, revision=0, by=staff, now=now).case
    yield "staff-quote-draft", f"/staff/cases/{drafted.number}/quote", staff
    yield "staff-quote-preview", f"/staff/cases/{drafted.number}/quote/preview", staff


def _asked(case: Case, owner: Account, staff: Account) -> Iterator[tuple[str, str, Account]]:
    yield "owner-quote", f"/cases/{case.number}/quote", owner
    yield "owner-quote-case", f"/cases/{case.number}", owner
    for answer in ("accept", "decline"):
        yield f"owner-quote-{answer}", f"/cases/{case.number}/quote/1/{answer}", owner
    yield "staff-quote-sent", f"/staff/cases/{case.number}/quote", staff


def _answered(make, owner: Account, staff: Account, now: datetime) -> Iterator[tuple[str, str, Account]]:
    again = builders.a_case_with_quote(case=make(), staff=staff, offer=OFFER, now=now)
    builders.accepted(again, owner, now)
    yield "owner-quote-accepted", f"/cases/{again.number}/quote", owner
    yield "staff-quote-accepted", f"/staff/cases/{again.number}/quote", staff
    second = builders.a_case_with_quote(case=make(), staff=staff, offer=OFFER, now=now)
    builders.accepted(second, owner, now)
    known = Case.get_by_id(second.id)
    builders.a_case_with_quote(case=known, staff=staff, offer=builders.an_offer(40000), now=now)
    yield "owner-quote-second", f"/cases/{second.number}/quote", owner
    yield "staff-quote-second", f"/staff/cases/{second.number}/quote", staff
    long_ago = now - timedelta(days=30)
    late = builders.a_case_with_quote(case=make(long_ago), staff=staff, offer=OFFER, now=long_ago)
    quotes.lapse(Quote.unanswered(late), now=now)
    yield "owner-quote-lapsed", f"/cases/{late.number}/quote", owner
