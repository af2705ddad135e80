"""Who comes in by registering, who waits for staff, and what is told to whom?  Rules P1, S3; ADR 020."""

from datetime import timedelta
from functools import partial

import pytest

from portal.actions import people, registrations
from portal.actions.accounts import EmailTaken
from portal.actions.registrations import Decided
from portal.actions.throttle import TooManyTries
from portal.models import Account, Customer, Device, Emergency, History, Letter, Registration, SignInLink
from portal.models.matches import Sign, suggestions
from portal.models.registrations import Verdict
from portal.rules.signing_in import FREE, Counted
from tests.actions.coming_in import ADA, known_from_a_parcel, register
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_customer, a_salon, a_staff_member, an_owner


def told() -> list[tuple[str, str]]:
    """Return what was written about accounts, and to whom."""
    return [(one.event, one.recipient) for one in Letter.select().order_by(Letter.id) if one.case_id is None]


def test_a_customer_number_alone_lets_nobody_in(database):  # rule P1
    customer = a_customer(number="K1")
    an_owner(customer)
    a_salon(customer, "Haarwerk", phone="+49220212345")
    asked = register("fremd@web.example", "K1", business="Haarwerk")
    assert asked.verdict is None
    assert told() == [("registration_open", "fremd@web.example")]
    assert not SignInLink.select().exists()
    assert Letter.get().context == {}  # nothing that a stranger typed goes out in our name


def test_who_sent_us_the_customers_server_comes_in_at_once(database):  # rules P1, P1a
    customer = a_customer(number="K1")
    before = known_from_a_parcel(customer).reporter
    asked = register("Ada@Haarwerk.example", "k1")
    assert asked.verdict is Verdict.MATCHED
    assert (asked.account.email, asked.account.customer, asked.account.password_hash) == (ADA, customer, None)
    assert told() == [("registration_approved", ADA), ("colleague_added", before.email)]
    assert History.select().where(History.what == "match_registration").count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Customer.update(number="K2").execute(),
        lambda: Customer.update(locked_at=NOW).execute(),
        lambda: Emergency.update(confirmed_at=None).execute(),
        lambda: Emergency.update(matched_at=None).execute(),
        lambda: Device.update(created_at=NOW + timedelta(days=1)).execute(),
        lambda: an_owner(email=ADA, closed_at=NOW),
    ],
    ids=["number", "locked", "mailbox", "match", "device", "removed"],
)
def test_whatever_is_missing_of_the_proof_leaves_it_to_staff(database, spoil):  # rule P1
    known_from_a_parcel(a_customer(number="K1"))
    spoil()
    assert register().verdict is None
    assert told() == [("registration_open", ADA)]


def test_a_report_whose_parcel_has_not_arrived_proves_nothing(database):  # rules P1, P1a
    known_from_a_parcel(a_customer(number="K1"), is_here=False)
    assert register().verdict is None


def test_who_has_an_account_gets_a_link_whatever_else_was_said(database):  # rule P1
    owner = an_owner(email=ADA)
    assert register(number="").account == owner
    link = SignInLink.get()
    assert (link.account, link.expires_at) == (owner, NOW + timedelta(minutes=15))
    assert told() == [("registration_known", ADA)]


def test_asking_does_the_same_for_known_and_unknown_and_fills_no_mailbox(database):  # rule P1
    an_owner(email=ADA)
    for n in range(FREE[Counted.ADDRESS]):
        email = ADA if n % 2 else f"{n}@salon.example"
        registrations.ask(
            email,
            "A",
            customer_number="",
            business="B",
            phone="",
            language="de",
            address="203.0.113.9",
            now=NOW,
        )
    assert Registration.select().where(Registration.email == ADA).count() == FREE[Counted.LINK]
    assert not Letter.select().exists()  # the worker looks who there is, not the answer to the browser
    with pytest.raises(TooManyTries):
        registrations.ask(
            "x@y.example", "A", customer_number="", business="B", phone="", language="de",
            address="203.0.113.9", now=NOW,
        )  # fmt: skip


def test_registering_twice_waits_once_and_is_told_once(database):  # rules P1, S6
    assert register() is not None
    assert register(now=NOW + timedelta(minutes=1)) is None
    assert Registration.waiting().count() == 1
    assert told() == [("registration_open", ADA)]


def test_registered_twice_at_the_same_moment_makes_one_account(database):  # rules P1, S3
    known_from_a_parcel(a_customer(number="K1"))
    for _ in range(2):
        registrations.ask(
            ADA, "Ada", customer_number="K1", business="H", phone="", language="de", address="", now=NOW
        )
    at_once(*[partial(registrations.look_up_asked, now=NOW) for _ in range(3)])
    assert Account.select().where(Account.email == ADA).count() == 1
    to_ada = [event for event, reader in told() if reader == ADA]
    assert sorted(to_ada) == ["registration_approved", "registration_known"]


def test_staff_let_somebody_in_and_the_others_of_the_business_are_told(database):  # rule P1
    customer, staff = a_customer(), a_staff_member()
    before = an_owner(customer)
    asked, other = register(number=""), register(number="K9", now=NOW + timedelta(minutes=1))
    account = registrations.approve(asked, customer, by=staff, now=NOW)
    assert (account.customer, account.email) == (customer, ADA)
    assert told()[-2:] == [("registration_approved", ADA), ("colleague_added", before.email)]
    assert {one.verdict for one in Registration.select()} == {Verdict.APPROVED}
    assert Registration.get_by_id(other.id).account == account
    row = History.get(History.what == "approve_registration")
    assert (row.about, row.account) == (f"customer:{customer.id}", staff)


def test_of_two_who_decide_at_once_the_first_wins(database):  # rule S3
    customer, asked = a_customer(), register()
    deeds = [
        partial(registrations.approve, asked, customer, by=a_staff_member(), now=NOW),
        partial(registrations.approve, asked, customer, by=a_staff_member(), now=NOW),
        partial(registrations.refuse, asked, "Unbekannt", by=a_staff_member(), now=NOW),
    ]
    results = at_once(*deeds)
    assert kinds(results).count("Decided") == 2
    assert len([one for one in told() if one[0] != "registration_open"]) == 1


def test_who_is_refused_is_told_the_reason(database):  # rule S4
    asked = register()
    registrations.refuse(asked, "Kein Kunde", by=a_staff_member(), now=NOW)
    assert told()[-1] == ("registration_refused", ADA)
    assert Letter.select().order_by(Letter.id.desc()).get().context["why"] == "Kein Kunde"
    with pytest.raises(Decided):
        registrations.approve(asked, a_customer(), by=a_staff_member(), now=NOW)


def test_a_closed_account_of_the_same_customer_is_opened_again_and_no_other(database):  # rule P1
    customer, staff = a_customer(), a_staff_member()
    owner = an_owner(customer, email=ADA)
    people.close(owner, by=staff, now=NOW)
    asked = register()
    with pytest.raises(EmailTaken):
        registrations.approve(asked, a_customer(), by=staff, now=NOW)
    assert Registration.waiting().count() == 1  # nothing of it happened
    assert registrations.approve(asked, customer, by=staff, now=NOW) == owner
    assert Account.get_by_id(owner.id).closed_at is None


def test_what_speaks_for_a_customer_is_told_to_staff(database):  # rule P1
    one, other = a_customer("Haarwerk GmbH", number="K1"), a_customer("Kamm in", number="K2")
    a_salon(one, "Haarwerk Süd", phone="+4922112345")
    known_from_a_parcel(other, is_here=False)
    found = suggestions(email=ADA, number="k1", business="haarw", phone="+4922112345")
    assert [(row.customer, row.signs) for row in found] == [
        (one, (Sign.NUMBER, Sign.PHONE, Sign.NAME)),
        (other, (Sign.REPORTED,)),
    ]


def test_what_was_decided_long_ago_is_thrown_away(database):
    registrations.refuse(register(), "Nein", by=a_staff_member(), now=NOW)
    register("noch@offen.example")
    assert registrations.tidy_up(now=NOW + timedelta(days=91)) == 1
    assert Registration.waiting().count() == 1
