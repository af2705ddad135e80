"""Does a case move as the table says, all or nothing, and is the owner told once?  Section S."""

from datetime import timedelta

import pytest

from portal.actions import cases, conditions, letters
from portal.actions.cases import CaseMoved, NeedMissing
from portal.models import Case, History, Letter, Message
from portal.rules.carriers import Carrier
from portal.rules.workflow import STEPS, Need, Role, State, StepRefused, needs_for
from tests.builders import (
    NOW,
    a_case,
    a_sent_case,
    a_staff_member,
    a_waiting_case,
    an_admin,
    an_operator,
    an_owner,
)

LATER = NOW + timedelta(hours=5)
EVERY_MOVE = [
    (name, source, role)
    for name, step in STEPS.items()
    for source in sorted(step.source - {State.DRAFT})
    for role in sorted(step.roles)
]


def someone(role: Role, case: Case):
    """Return who acts in this role; the portal itself is nobody."""
    return {
        Role.OWNER: lambda: case.reporter,
        Role.STAFF: a_staff_member,
        Role.ADMIN: an_admin,
        Role.SYSTEM: lambda: None,
    }[role]()


def a_case_in(state: State) -> Case:
    """Make a case and put it into a state, without the way there."""
    case = a_waiting_case()
    Case.update(state=state, state_since=NOW).where(Case.id == case.id).execute()
    return Case.get_by_id(case.id)


@pytest.mark.parametrize(("step", "source", "role"), EVERY_MOVE)
def test_every_step_leaves_state_history_and_letter_in_one_deed(
    database, engine, monkeypatch, step, source, role
):  # rule S
    case = a_case_in(source)
    monkeypatch.setattr(conditions, "check", lambda *_asked: None)  # each has tests of its own
    by = someone(role, case)
    letters_before, target = Letter.select().count(), STEPS[step].target
    moved = cases.advance(case, step, by=by, now=LATER, why="Deshalb")
    assert (moved.state, moved.state_since) == (target, LATER)
    assert moved.revision == case.revision + 1
    row = History.select().order_by(History.id.desc()).get()
    assert (row.case, row.what, row.source, row.target) == (case, step, source, target)
    assert (row.at, row.account, row.why) == (LATER, by, "Deshalb")
    told = target in cases.TOLD and role is not Role.OWNER
    assert Letter.select().count() - letters_before == told


def test_a_failing_letter_undoes_the_step(database, monkeypatch):  # rule S4
    case = a_waiting_case()
    before = (Case.select().dicts().get(), History.select().count(), Letter.select().count())

    def broken(*_args, **_columns):
        raise RuntimeError("no ink")

    monkeypatch.setattr(letters, "tell_owners", broken)
    with pytest.raises(RuntimeError):
        cases.release(case, by=a_staff_member(), now=LATER)
    assert (Case.select().dicts().get(), History.select().count(), Letter.select().count()) == before


@pytest.mark.parametrize("part", ["history.record", "queue.reassess_case"])
def test_whatever_fails_undoes_the_step(database, monkeypatch, part):
    case = a_waiting_case()

    def broken(*_args, **_columns):
        raise RuntimeError("full")

    monkeypatch.setattr(f"portal.actions.{part}", broken)
    with pytest.raises(RuntimeError):
        cases.ask_back(case, "Welche Lampe?", by=a_staff_member(), now=LATER)
    monkeypatch.undo()
    assert Case.get_by_id(case.id).state is State.SUBMITTED
    assert Message.select().count() == 0
    assert Letter.select().where(Letter.event == "question").count() == 0


def test_the_slower_of_two_changes_nothing(database):  # rule S3
    case = a_waiting_case()
    slower, staff = Case.get_by_id(case.id), a_staff_member()
    cases.release(case, by=staff, now=LATER)
    before = (Case.select().dicts().get(), History.select().count(), Letter.select().count())
    with pytest.raises(CaseMoved):
        cases.decline(slower, "Nicht unser", by=staff, now=LATER)
    with pytest.raises(CaseMoved):
        cases.ask_back(slower, "Welche Lampe?", by=staff, now=LATER)
    assert (Case.select().dicts().get(), History.select().count(), Letter.select().count()) == before
    assert Message.select().count() == 0


def test_a_release_is_valid_for_the_days_of_the_operator(database):  # rule C2b
    an_operator(release_days=12)
    released = cases.release(a_waiting_case(), by=a_staff_member(), now=LATER)
    assert (released.released_at, released.valid_until) == (LATER, LATER + timedelta(days=12))
    assert not released.is_lapsed(released.valid_until - timedelta(microseconds=1))
    assert released.is_lapsed(released.valid_until)


@pytest.mark.parametrize(
    "state", [State.SUBMITTED, State.AWAITING_INFORMATION, State.AWAITING_SHIPMENT, State.ON_ITS_WAY_TO_US]
)
def test_the_owner_cancels_until_the_parcel_is_received(database, state):  # rule S2
    case = a_case_in(state)
    assert cases.cancel(case, by=case.reporter, now=LATER).state is State.CANCELLED


@pytest.mark.parametrize("state", sorted(set(State) - STEPS["cancel"].source))
def test_nobody_cancels_after_it_was_received(database, engine, state):  # rule S2
    case = a_case_in(state)
    for by in (case.reporter, a_staff_member(), None):
        with pytest.raises(StepRefused):
            cases.cancel(case, by=by, now=LATER, why="Doch nicht")
    assert Case.get_by_id(case.id).state is state


@pytest.mark.parametrize(
    "step", [step for step, found in STEPS.items() if found.needs & {Need.REASON, Need.QUESTION}]
)
@pytest.mark.parametrize("why", ["", "   ", "\n\t"])
def test_staff_give_a_reason(database, engine, step, why):  # rule S
    case = a_case_in(min(STEPS[step].source))
    with pytest.raises(NeedMissing) as missing:
        cases.advance(case, step, by=a_staff_member(), now=LATER, why=why)
    assert missing.value.need in needs_for(step, Role.STAFF)
    assert Case.get_by_id(case.id).state is case.state


def test_an_answer_without_words_is_none(database):
    case = cases.ask_back(a_waiting_case(), "Welche Lampe?", by=a_staff_member(), now=NOW)
    with pytest.raises(NeedMissing):
        cases.answer(case, " ", by=case.reporter, now=LATER)


def test_coming_back_to_a_state_sends_no_second_letter(database):  # rule S6
    case = a_case()
    staff = a_staff_member()
    for _turn in (1, 2):
        Case.update(state=State.SUBMITTED).where(Case.id == case.id).execute()
        cases.release(Case.get_by_id(case.id), by=staff, now=LATER)
    assert Letter.select().where(Letter.event == "released").count() == 1


def test_a_second_question_is_told_as_well(database):  # rule S4, rule S6
    case, staff = a_waiting_case(), a_staff_member()
    for question in ("Welche Lampe?", "Und welche Farbe?"):
        case = cases.ask_back(case, question, by=staff, now=LATER)
        case = cases.answer(case, "Die linke", by=case.reporter, now=LATER)
    told = Letter.select().where(Letter.event == "question").order_by(Letter.id)
    assert [letter.context["question"] for letter in told] == ["Welche Lampe?", "Und welche Farbe?"]


def test_every_person_of_the_business_is_told_in_the_own_language(database):  # rule S4, rule P5
    case = a_waiting_case()
    an_owner(case.customer, email="linh@salon.example", language="en")
    an_owner(email="fremd@salon.example")
    closed = an_owner(case.customer, email="weg@salon.example", closed_at=NOW)
    cases.release(case, by=a_staff_member(), now=LATER)
    told = {letter.recipient: letter.language for letter in Letter.select().where(Letter.event == "released")}
    assert told == {case.reporter.email: "de", "linh@salon.example": "en"}
    assert closed.email not in told


def test_the_reason_of_staff_reaches_the_owner(database):  # rule S4
    cases.decline(a_waiting_case(), "Das Gerät ist nicht von uns.", by=a_staff_member(), now=LATER)
    assert Letter.get(Letter.event == "declined").context["why"] == "Das Gerät ist nicht von uns."


def test_an_internal_note_is_in_no_letter_and_moves_nothing_the_owner_sees(database):  # rule S6
    case, staff = a_waiting_case(), a_staff_member()
    before = Letter.select().count()
    cases.note(case, "Schwieriger Kunde", by=staff, now=NOW)
    assert Letter.select().count() == before
    cases.release(case, by=staff, now=LATER)
    assert not any("Schwieriger" in str(letter.context) for letter in Letter.select())
    assert not any("Schwieriger" in row.why for row in History.select())
    assert list(Message.of_case(case, with_internal=False)) == []
    assert [message.text for message in Message.of_case(case, with_internal=True)] == ["Schwieriger Kunde"]


def test_an_answer_stands_open_until_somebody_replies(database):  # rule S5
    case, staff = a_waiting_case(), a_staff_member()
    asked = cases.ask_back(case, "Welche Lampe?", by=staff, now=NOW)
    answered = cases.answer(asked, "Die linke", by=case.reporter, now=LATER)
    assert answered.answered_at == LATER
    assert cases.release(answered, by=staff, now=LATER).answered_at is None


def test_the_way_of_a_parcel_is_written_down(database):
    case = a_sent_case()
    assert (case.carrier, case.tracking_number, case.sent_at) == (Carrier.DHL, "00340434161094042557", NOW)
    received = cases.receive(case, by=a_staff_member(), now=LATER)
    assert (received.state, received.received_at) == (State.RECEIVED, LATER)


def test_a_tracking_number_can_be_added_and_mended_while_the_parcel_travels(database):
    case = cases.mark_sent(a_case(), Carrier.OTHER, "", by=an_owner(), now=NOW)
    mended = cases.correct_tracking(case, Carrier.GLS, "12345678", by=case.reporter, now=LATER)
    assert (mended.carrier, mended.tracking_number) == (Carrier.GLS, "12345678")
    assert (mended.state, mended.sent_at, mended.revision) == (case.state, NOW, case.revision + 1)
    row = History.select().order_by(History.id.desc()).get()
    assert (row.what, row.facts) == ("correct_tracking", {"carrier": "gls", "number": "12345678"})


def test_a_tracking_number_is_not_mended_in_any_other_state(database):
    case = a_case()
    with pytest.raises(StepRefused):
        cases.correct_tracking(case, Carrier.GLS, "1", by=case.reporter, now=LATER)


def test_a_tracking_number_is_not_mended_after_the_parcel_came(database):  # rule S3
    slower = a_sent_case()
    cases.receive(Case.get_by_id(slower.id), by=a_staff_member(), now=LATER)
    rows = History.select().count()
    with pytest.raises(CaseMoved):
        cases.correct_tracking(slower, Carrier.GLS, "1", by=slower.reporter, now=LATER)
    assert History.select().count() == rows
    assert Case.get_by_id(slower.id).carrier is Carrier.DHL


def test_a_release_without_anybody_is_the_portals_own(database):  # rule S1
    a_case()
    row = History.get(History.what == "release")
    assert (row.account, row.source, row.target) == (None, "submitted", "awaiting_shipment")
