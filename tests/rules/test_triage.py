"""Is this ours, what does it lead to, and is it released at once?  Rules T1-T9, S1, W2, W4."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from portal.rules.triage import (
    SESSION_NOTICES,
    TEAMVIEWER_ENDED_ON,
    CheckAnswer,
    Facts,
    Hold,
    Origin,
    Outcome,
    QuickCheck,
    SessionNotice,
    Topic,
    checks_done,
    holds,
    needs_acceptance,
    opens_case,
    outcome,
    session_notices,
)
from portal.rules.warranty import Estimate

MAYBE = (None, True, False)
ALL_FACTS = [
    Facts(*answers) for answers in product(Topic, MAYBE, (None, *Origin), MAYBE, MAYBE, (True, False))
]
THEIRS = (Topic.PC_OR_TABLET, Topic.INTERNET, Topic.CARD_TERMINAL)
SENDABLE = {
    "outcome": Outcome.SEND_IN,
    "estimate": Estimate.IN_WARRANTY,
    "checks_done": True,
    "device_from": Origin.VENDOR,
    "identified": True,
}


@pytest.mark.parametrize("answer", CheckAnswer)
@pytest.mark.parametrize("check", QuickCheck)
def test_all_four_quick_checks_must_be_answered(check, answer):  # rule T1
    answers = dict.fromkeys(QuickCheck, CheckAnswer.DONE)
    assert checks_done(answers)
    assert checks_done(answers | {check: answer}) is (answer is not CheckAnswer.UNKNOWN)
    del answers[check]
    assert not checks_done(answers)


def test_the_quick_checks_are_power_cable_router_and_one_restart():  # rule T1
    assert [*QuickCheck] == ["power", "cable", "router", "restart"]
    assert not checks_done({})


def test_what_a_quick_check_helped_needs_nobody():  # rule T1
    for facts in ALL_FACTS:
        if facts.helped:
            assert outcome(facts) is Outcome.DO_IT_YOURSELF
    assert not opens_case(Outcome.DO_IT_YOURSELF)


@pytest.mark.parametrize("topic", THEIRS)
def test_another_ones_device_opens_no_case_unless_the_server_is_affected(topic):  # rule T2
    assert outcome(Facts(topic, server_affected=True)) is Outcome.SEND_IN
    for affected in (False, None):
        assert outcome(Facts(topic, server_affected=affected)) is Outcome.NOT_OURS
    assert not opens_case(Outcome.NOT_OURS)


def test_a_peripheral_from_the_vendor_is_supported():  # rule T3
    facts = Facts(Topic.PERIPHERAL, bought_from=Origin.VENDOR)
    assert outcome(facts) is Outcome.REMOTE_SESSION
    assert not needs_acceptance(facts)


@pytest.mark.parametrize("bought_from", [Origin.ELSEWHERE, Origin.UNKNOWN, None])
def test_third_party_hardware_is_charged_and_the_charge_must_be_accepted(bought_from):  # rule T3
    facts = Facts(Topic.PERIPHERAL, bought_from=bought_from)
    assert outcome(facts) is Outcome.CHARGEABLE_SERVICE
    assert needs_acceptance(facts)
    assert opens_case(outcome(facts))


def test_entering_data_is_the_owners_own_job():  # rule T4
    assert outcome(Facts(Topic.DATA_ENTRY)) is Outcome.DO_IT_YOURSELF
    assert not opens_case(Outcome.DO_IT_YOURSELF)


@pytest.mark.parametrize(
    ("fault", "leads_to", "case"),
    [
        (True, Outcome.REMOTE_SESSION, True),
        (False, Outcome.NOT_OURS, False),
        (None, Outcome.NOT_OURS, False),
    ],
)
def test_bookkeeping_is_ours_only_for_a_technical_fault(fault, leads_to, case):  # rule T5
    facts = Facts(Topic.BOOKKEEPING, technical_fault=fault)
    assert outcome(facts) is leads_to
    assert opens_case(outcome(facts)) is case


@pytest.mark.parametrize(("first", "paid"), [(True, False), (False, True), (None, True)])
def test_training_after_the_first_one_is_a_paid_extra(first, paid):  # rule T6
    facts = Facts(Topic.TRAINING, first_training=first)
    assert outcome(facts) is (Outcome.CHARGEABLE_SERVICE if paid else Outcome.REMOTE_SESSION)
    assert needs_acceptance(facts) is paid
    assert opens_case(outcome(facts))


def test_a_remote_session_needs_rustdesk_and_teamviewer_is_over():  # rule T7
    assert SessionNotice.RUSTDESK_READY in session_notices(Outcome.REMOTE_SESSION)
    assert date(2022, 8, 1) == TEAMVIEWER_ENDED_ON
    assert not [notice for notice in SessionNotice if "teamviewer" in notice]


@pytest.mark.parametrize("leads_to", Outcome)
def test_whoever_gets_a_session_is_told_it_is_live_and_hands_off_the_till(leads_to):  # rule T8
    told = session_notices(leads_to)
    live = leads_to in (Outcome.REMOTE_SESSION, Outcome.CHARGEABLE_SERVICE)
    assert told == (SESSION_NOTICES if live else ())
    assert {"live_only", "hands_off_in_session", "hands_off_while_support_signed_in"} <= set(SESSION_NOTICES)


@pytest.mark.parametrize(
    ("topic", "leads_to"),
    [(Topic.SERVER, Outcome.SEND_IN), (Topic.SOFTWARE, Outcome.REMOTE_SESSION)],
)
def test_a_dead_server_is_sent_in_and_the_program_is_mended_remotely(topic, leads_to):  # rule T9
    assert outcome(Facts(topic)) is leads_to


def test_every_combination_of_answers_has_exactly_one_of_five_outcomes():  # rule T9
    reached = {outcome(facts) for facts in ALL_FACTS}
    assert reached == {"send_in", "remote_session", "chargeable_service", "not_ours", "do_it_yourself"}
    for facts in ALL_FACTS:
        assert needs_acceptance(facts) is (outcome(facts) is Outcome.CHARGEABLE_SERVICE)


ASKED = {
    "server_affected": THEIRS,
    "bought_from": (Topic.PERIPHERAL,),
    "technical_fault": (Topic.BOOKKEEPING,),
    "first_training": (Topic.TRAINING,),
}


@pytest.mark.parametrize("question", ASKED)
def test_an_answer_left_over_from_another_topic_changes_nothing(question):  # rule T9
    for facts in ALL_FACTS:
        if facts.topic not in ASKED[question]:
            assert outcome(replace(facts, **{question: None})) is outcome(facts)


def test_a_complete_report_for_a_repairable_device_is_released_at_once():  # rule S1
    for estimate in (Estimate.IN_WARRANTY, Estimate.CHARGEABLE):
        for origin in (Origin.VENDOR, Origin.UNKNOWN):
            assert holds(**SENDABLE | {"estimate": estimate, "device_from": origin}) == ()


@pytest.mark.parametrize(
    ("changed", "hold"),
    [
        ({"estimate": Estimate.NO_SPARE_PARTS}, Hold.NO_SPARE_PARTS),  # rule W2
        ({"estimate": Estimate.UNKNOWN}, Hold.PURCHASE_UNKNOWN),  # rule W4
        ({"checks_done": False}, Hold.CHECKS_OPEN),  # rule T1
        ({"outcome": Outcome.REMOTE_SESSION}, Hold.NOT_A_SEND_IN),  # rule T9
        ({"outcome": Outcome.CHARGEABLE_SERVICE}, Hold.NOT_A_SEND_IN),
        ({"device_from": Origin.ELSEWHERE}, Hold.THIRD_PARTY_DEVICE),
        ({"device_from": "elsewhere"}, Hold.THIRD_PARTY_DEVICE),  # as it comes from stored answers
        ({"identified": False}, Hold.NOT_IDENTIFIED),  # rule P1a
        ({"already_sent_in": True}, Hold.ALREADY_SENT_IN),
    ],
)
def test_everything_else_waits_for_staff_with_its_reason(changed, hold):  # rule S1
    assert holds(**SENDABLE | changed) == (hold,)


@pytest.mark.parametrize("leads_to", sorted(set(Outcome) - {Outcome.SEND_IN}))
def test_without_a_parcel_neither_age_nor_quick_checks_are_reasons(leads_to):  # rules S1, T1
    for estimate in Estimate:
        given = SENDABLE | {"outcome": leads_to, "estimate": estimate, "checks_done": False}
        given |= {"already_sent_in": True}  # nor a parcel of another case
        assert holds(**given) == (Hold.NOT_A_SEND_IN,)


def test_all_reasons_to_wait_are_told_together_and_each_only_for_its_cause():  # rule S1
    for answers in product([Outcome.SEND_IN], Estimate, (True, False), Origin, (True, False)):
        given = dict(zip(SENDABLE, answers, strict=True))
        single = [holds(**SENDABLE | {name: value}) for name, value in given.items()]
        together = holds(**given)
        assert set(together) == {hold for found in single for hold in found}
        assert list(together) == [hold for hold in Hold if hold in together]
