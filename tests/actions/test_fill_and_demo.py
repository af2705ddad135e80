"""Are bulk data and demo data what they say, and could they have come about?"""

from datetime import timedelta

import pytest

from portal import demo
from portal.actions import accounts, offers, schedule
from portal.fill import fill
from portal.models import (
    TABLES,
    Account,
    Appointment,
    Case,
    Counter,
    Customer,
    History,
    Operator,
    ParcelItem,
    Quote,
    Seat,
    SubstituteLink,
    base,
)
from portal.models.migrations import migrate
from portal.rules import numbers, reminders
from portal.rules.links import LinkState
from portal.rules.workflow import Role, State
from tests.builders import NOW, SECRET, a_case
from tests.clients import DEMO_PASSWORD


def everything() -> dict[str, list]:
    return {table.__name__: list(table.select().order_by(table.id).dicts()) for table in TABLES}


def test_the_same_seed_and_day_give_the_same_rows(database_url, empty_database_url):
    found = []
    for url in (database_url, empty_database_url):
        opened = base.connect(url)
        migrate(opened)
        with opened.connection_context():
            fill(60, now=NOW)
            found.append(everything())
        opened.close_all()
    assert found[0] == found[1]
    assert len(found[0]["Case"]) == 60


@pytest.fixture(autouse=True)
def _cheap_argon2(monkeypatch):
    """Make argon2 as cheap as it can be; what it is stays the same."""
    real = accounts.PasswordHasher
    monkeypatch.setattr(accounts, "PasswordHasher", lambda: real(time_cost=1, memory_cost=8, parallelism=1))


def test_filled_data_has_every_state(database, engine):
    assert fill(1500, now=NOW) > 1500 * 8
    assert {case.state for case in Case.select(Case.state).distinct()} == set(State) - {State.DRAFT}
    assert {link.state for link in SubstituteLink.select(SubstituteLink.state).distinct()} >= {
        LinkState.REQUESTED,
        LinkState.ACTIVE,
        LinkState.ENDED,
    }


def test_filled_data_holds_the_rules(database):
    fill(150, now=NOW)
    given = [case.number for case in Case.select(Case.number)]
    assert [numbers.parse(number) for number in given] == given
    last = {
        row.case_id: row.target for row in History.select(History.case, History.target).order_by(History.id)
    }
    assert last == {case.id: case.state for case in Case.select(Case.id, Case.state)}
    assert Case.select().join(Customer).where(Case.customer != Customer.id).count() == 0
    case = a_case()  # numbers and ids go on behind what was filled in
    assert case.number not in given
    assert Counter.select().count() >= 1


def test_filled_cases_are_as_the_portal_would_have_left_them(database):  # rules C4, C5, R4, W3
    fill(1000, now=NOW)
    planned_at = NOW.replace(minute=0, second=0, microsecond=0)
    seen = set()
    for case in Case.select():
        state = State(case.state)
        items = [item.standing for item in ParcelItem.of_case(case)]
        assert bool(items) == (case.received_at is not None)
        assert all(item.has_left for item in items) == (case.dispatched_at is not None or not items)
        booked = Appointment.commissioning_of(case.id)
        assert (booked is not None) == (state is State.COMMISSIONING_BOOKED)
        assert booked is None or booked.seats.count() == 4
        assert (Quote.unanswered(case) is not None) == (state is State.AWAITING_QUOTE_DECISION)
        assert case.remind_at == reminders.next_at(schedule.standing_of(case), planned_at)
        seen.add(state)
    assert seen >= {State.COMMISSIONING_BOOKED, State.AWAITING_QUOTE_DECISION, State.READY_TO_RETURN}


def test_a_filled_quote_says_what_a_sent_one_says(database):  # rule P4
    fill(600, now=NOW)
    for quote in Quote.select():
        assert quote.frozen == offers.frozen(quote.case, quote, now=quote.sent_at)


def test_more_can_be_filled_in_later(database):
    fill(600, now=NOW)
    seats = Seat.select().count()
    fill(600, now=NOW + timedelta(days=1))
    assert Case.select().count() == 1200
    assert 0 < seats < Seat.select().count(), "and no place was given twice"


def test_the_demo_can_be_made_again_and_again(database):
    assert demo.make(now=NOW, secret=SECRET)
    before = everything()
    assert not demo.make(now=NOW + timedelta(days=1), secret=SECRET)
    assert everything() == before


def test_the_demo_has_its_accounts_and_something_in_every_corner(database):
    demo.make(now=NOW, secret=SECRET)
    people = {account.email: (account.role, account.customer_id) for account in Account.select()}
    assert {email: role for email, (role, _customer) in people.items()} == {
        "inhaberin@salon.example": Role.OWNER,
        "zweite@salon.example": Role.OWNER,
        "support@portal.example": Role.STAFF,
        "leitung@portal.example": Role.ADMIN,
    }
    assert people["inhaberin@salon.example"][1] != people["zweite@salon.example"][1]  # rule P1
    account, _token = accounts.sign_in("inhaberin@salon.example", DEMO_PASSWORD, device="", now=NOW)
    assert Case.visible_to(account).count() == 3
    assert Operator.select().count() == 1
    assert {case.state for case in Case.select()} >= {
        State.SUBMITTED,
        State.AWAITING_INFORMATION,
        State.RECEIVED,
        State.AWAITING_QUOTE_DECISION,
        State.IN_REPAIR,
        State.ON_ITS_WAY_BACK,
        State.COMMISSIONING_BOOKED,
        State.COMMISSIONED,
    }
    assert {link.state for link in SubstituteLink.select()} == {LinkState.REQUESTED, LinkState.ACTIVE}
    assert Case.select().where(Case.harm > 0).count() >= 2


def test_the_demo_can_be_made_on_any_day(database_url, engine):
    for days in (100, 2000):
        opened = base.connect(database_url)
        with opened.connection_context(), opened.atomic() as deed:
            assert demo.make(now=NOW + timedelta(days=days), secret=SECRET)
            deed.rollback()
        opened.close_all()
