"""Reporting without an account, and proving an e-mail address, on both engines.  Rule P1a."""

from datetime import timedelta

import pytest

from portal.actions import cases, emergencies, reports
from portal.actions.emergencies import CodeOver, CodeWrong, EmergencyMoved
from portal.actions.throttle import TooManyTries
from portal.models import Case, Consent, Emergency, History, Letter
from portal.rules import emergencies as rules
from portal.rules.carriers import Carrier
from portal.rules.signing_in import FREE, Counted
from portal.rules.triage import Hold
from portal.rules.workflow import Role, State, StepRefused
from tests.actions.emergency_made import (
    EMAIL,
    WITH_LINK,
    a_confirmed_emergency,
    a_signed_out_draft,
    an_emergency,
    code_for,
)
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, SECRET, a_staff_member

LATER = NOW + timedelta(minutes=1)


def told(event: str) -> list[str]:
    """Return to whom letters about this were written."""
    return [letter.recipient for letter in Letter.select().where(Letter.event == event).order_by(Letter.id)]


def test_a_report_without_an_account_is_a_case_at_once_and_waits(database):  # rules P1a, S1, S7
    emergency = an_emergency(link=WITH_LINK, number="10002")
    case = emergency.case
    assert (case.state, case.customer_id, case.device_id) == (State.SUBMITTED, None, None)
    assert Hold.NOT_IDENTIFIED in case.holds
    assert case.harm is not None
    assert {(one.kind, one.account_id) for one in Consent.of_case(case)} == {
        ("link_temporary", None), ("link_devices", None), ("link_tse", None),
    }  # fmt: skip
    assert case.links.count() == 0  # asked for once it is known whose device it is
    assert [letter.event for letter in Letter.select()] == ["emergency_code"]


def test_sent_many_times_at_once_it_is_one_case(database):  # rule S3
    draft = a_signed_out_draft()
    sent = at_once(*[lambda: reports.send(draft, by=None, now=NOW, secret=SECRET).number] * 4)
    assert sent == [Case.get().number] * 4
    assert (Case.select().count(), Emergency.select().count(), Letter.select().count()) == (1, 1, 1)


def test_the_code_confirms_the_address_and_letters_go_there_from_then_on(database):  # rule P1a
    emergency = an_emergency()
    asked = cases.ask_back(emergency.case, "Welches Gerät?", by=a_staff_member(), now=NOW)
    assert told("question") == []  # it may be mistyped
    emergency = emergencies.confirm(emergency, code_for(emergency), secret=SECRET, now=LATER)
    assert told("emergency_link") == [EMAIL]
    answered = cases.answer(asked, "Der graue.", by=None, role=Role.OWNER, now=LATER)
    cases.decline(answered, "Nicht von uns.", by=a_staff_member(), now=LATER)
    assert told("declined") == [EMAIL]
    assert History.first_of(answered, "answer").facts == {"reporter": True} | _salt(answered, "answer")


def _salt(case: Case, what: str) -> dict[str, str]:
    return {name: value for name, value in History.first_of(case, what).facts.items() if name == "salt"}


def test_five_wrong_codes_are_the_last_even_at_once(database):  # rule P1a
    emergency = an_emergency()
    right = code_for(emergency)
    wrong = "000000" if right != "000000" else "111111"

    guesses = at_once(*[lambda: emergencies.confirm(emergency, wrong, secret=SECRET, now=LATER)] * 8)
    assert kinds(guesses) == ["CodeOver"] * 3 + ["CodeWrong"] * 5
    with pytest.raises(CodeOver):
        emergencies.confirm(emergency, right, secret=SECRET, now=LATER)


@pytest.mark.parametrize("minutes", [15, 60])
def test_a_code_lasts_a_quarter_of_an_hour(database, minutes):  # rule P1a
    emergency = an_emergency()
    with pytest.raises(CodeOver):
        emergencies.confirm(
            emergency, code_for(emergency), secret=SECRET, now=NOW + timedelta(minutes=minutes)
        )


def test_a_new_code_ends_the_earlier_one_and_has_to_be_waited_for(database):  # rule P1a
    emergency = an_emergency()
    first = code_for(emergency)
    emergency = emergencies.send_code(emergency, secret=SECRET, now=LATER)
    with pytest.raises(CodeWrong):
        emergencies.confirm(emergency, first, secret=SECRET, now=LATER)
    for _turn in range(FREE[Counted.LINK] - 2):  # the first came with the report
        emergencies.send_code(emergency, secret=SECRET, now=LATER)
    with pytest.raises(TooManyTries):
        emergencies.send_code(emergency, secret=SECRET, now=LATER)


def test_a_mistyped_address_is_put_right_until_one_is_confirmed(database):  # rule P1a
    emergency = an_emergency()
    before = code_for(emergency)
    emergency = emergencies.change_email(emergency, "Ada@Salon.example", secret=SECRET, now=LATER)
    assert told("emergency_code") == [EMAIL, "ada@salon.example"]
    with pytest.raises(CodeWrong):
        emergencies.confirm(emergency, before, secret=SECRET, now=LATER)
    emergency = emergencies.confirm(emergency, code_for(emergency), secret=SECRET, now=LATER)
    with pytest.raises(EmergencyMoved):
        emergencies.change_email(emergency, "fremd@example.com", secret=SECRET, now=LATER)


def test_the_link_in_the_mail_confirms_once_and_opens_no_case(database):  # rule P1a
    emergency = an_emergency()
    mark = Letter.get(Letter.event == "emergency_code").context["code_mark"]
    token = rules.confirm_token(SECRET, emergency.case_id, mark)
    assert emergencies.find(token) is None
    assert emergencies.confirmable(token, secret=SECRET, now=LATER) == emergency
    assert Emergency.get().confirmed_at is None  # looking at it changes nothing
    emergencies.confirm_by_link(token, secret=SECRET, now=LATER)
    with pytest.raises(CodeOver):
        emergencies.confirm_by_link(token, secret=SECRET, now=LATER)


def test_a_renewed_secret_ends_the_old_one(database):  # rule P1a
    emergency = a_confirmed_emergency()
    old = emergencies.token_of(emergency, SECRET)
    renewed = emergencies.renew(emergency, secret=SECRET, now=LATER)
    assert emergencies.find(old) is None
    assert emergencies.find(emergencies.token_of(renewed, SECRET)) == renewed
    assert told("emergency_link") == [EMAIL, EMAIL]
    with pytest.raises(EmergencyMoved):
        emergencies.renew(emergency, secret=SECRET, now=LATER)  # as another browser had it


def test_no_secret_is_in_the_database(database):  # rule P1a
    emergency = a_confirmed_emergency()
    tables = (Emergency, Letter, History, Case)
    kept = "".join(str(row) for table in tables for row in table.select().dicts())
    assert emergencies.token_of(emergency, SECRET) not in kept
    assert code_for(emergency) not in [letter.context.get("code") for letter in Letter.select()]


def test_the_secret_ends_a_month_after_the_case(database):  # rule P1a
    emergency = an_emergency()
    cases.decline(emergency.case, "Nicht von uns.", by=a_staff_member(), now=NOW)
    token = emergencies.token_of(emergency, SECRET)
    assert not emergencies.is_over(emergencies.find(token), now=NOW + timedelta(days=29))
    assert emergencies.is_over(emergencies.find(token), now=NOW + timedelta(days=30))


def test_who_has_the_secret_sends_the_parcel_as_an_owner_does_and_no_more(database):  # rules P1a, S2
    case = cases.release(an_emergency().case, by=a_staff_member(), now=NOW)
    with pytest.raises(StepRefused):
        cases.advance(case, "receive", by=None, role=Role.OWNER, now=NOW)
    sent = cases.mark_sent(case, Carrier.DHL, "00340434161094042557", by=None, role=Role.OWNER, now=NOW)
    assert sent.state is State.ON_ITS_WAY_TO_US


def test_one_network_address_cannot_flood_the_queue(database):  # rule P1a
    for _report in range(FREE[Counted.REPORT]):
        emergencies.count_report("192.0.2.1", now=NOW)
    with pytest.raises(TooManyTries):
        emergencies.count_report("192.0.2.1", now=NOW)
    emergencies.count_report("192.0.2.2", now=NOW)
