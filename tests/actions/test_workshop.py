"""Decide, find out, read out: with reasons, first come first served, told once.  Rules W0-W4, L6, S3, S6."""

from datetime import date, timedelta

import pytest

from portal.actions import cases, parcels, queue, readouts, workshop
from portal.actions.cases import CaseMoved, NeedMissing
from portal.actions.conditions import RepairRefused
from portal.actions.link_steps import LinkMoved
from portal.actions.parcels import PartRecord
from portal.actions.quote_conditions import NotSettled, Overrun
from portal.models import Case, Device, History, Letter, ParcelItem, SubstituteLink
from portal.rules.links import Mode
from portal.rules.parcel import Arrival, Part
from portal.rules.urgency import TARGET_DAYS, Harm
from portal.rules.warranty import Decision, Estimate
from portal.rules.workflow import State, StepRefused
from portal.rules.workshop import Obstacle
from tests import builders as build
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW

LATER = NOW + timedelta(hours=2)
DAY = timedelta(days=1)


def decided(case, decision=Decision.WARRANTY, why="Laut Rechnung", by=None, now=LATER):
    return workshop.decide(case, decision, why, by=by or build.a_staff_member(), now=now)


def begun(case):
    return cases.advance(case, "start_repair", by=build.a_staff_member(), now=LATER)


def an_old_case(bought_on=None):
    return build.a_case_in_diagnosis(build.a_device(purchased_on=bought_on))


def last(case, what):
    rows = History.select().where(History.case == case, History.what == what)
    return rows.order_by(History.id.desc()).first()


def told(case):
    return [letter.event for letter in Letter.select().where(Letter.case == case).order_by(Letter.id)]


def test_a_decision_is_kept_with_its_reason_and_each_change_of_it(database):  # rule W0
    case = decided(build.a_case_in_diagnosis())
    assert (case.decision, case.decided_at) == (Decision.WARRANTY, LATER)
    case = decided(case, Decision.GOODWILL, "Zwei Tage zu spät", now=LATER + DAY)
    row = last(case, "decide")
    assert (row.why, row.facts) == (
        "Zwei Tage zu spät", {"decision": "goodwill", "decision_before": "warranty"},
    )  # fmt: skip
    with pytest.raises(NeedMissing):
        decided(case, why="  ")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_only_staff_decide_and_never_once_the_repair_has_begun(database):  # rule W0
    case = build.a_case_in_diagnosis()
    with pytest.raises(StepRefused):
        decided(case, by=case.reporter)
    with pytest.raises(StepRefused):
        decided(begun(decided(case)), Decision.CHARGEABLE)
    with pytest.raises(StepRefused):
        decided(build.a_case_with_quote(), Decision.GOODWILL)  # the owner has an offer before them


def test_of_two_who_decide_at_once_one_is_told(database):  # rules W0, S3
    case, one, two = build.a_case_in_diagnosis(), build.a_staff_member(), build.a_staff_member()
    results = at_once(
        lambda: decided(case, Decision.WARRANTY, by=one), lambda: decided(case, Decision.GOODWILL, by=two)
    )
    assert kinds(results) == ["Case", "CaseMoved"]
    assert History.select().where(History.what == "decide").count() == 1


def test_a_decision_and_the_repair_at_once_never_mix(database):  # rules W0, W3, S3
    case, one, two = decided(build.a_case_in_diagnosis()), build.a_staff_member(), build.a_staff_member()
    results = at_once(
        lambda: decided(case, Decision.CHARGEABLE, by=one),
        lambda: cases.advance(case, "start_repair", by=two, now=LATER),
    )
    found = Case.get_by_id(case.id)
    repaired = (found.state, found.decision) == (State.IN_REPAIR, Decision.WARRANTY)
    assert repaired or (found.state, found.decision) == (State.IN_DIAGNOSIS, Decision.CHARGEABLE)
    assert kinds(results) in (["Case", "CaseMoved"], ["Case", "RepairRefused"])


def test_the_date_of_purchase_is_set_and_the_estimate_made_anew(database):  # rules W0, W1, W4
    case = an_old_case()
    assert case.estimate is Estimate.UNKNOWN
    case = workshop.set_purchase_date(case, date(2023, 5, 2), by=build.a_staff_member(), now=LATER)
    assert (case.estimate, case.estimated_on) == (Estimate.CHARGEABLE, date(2026, 11, 21))
    assert Device.get_by_id(case.device_id).purchased_on == date(2023, 5, 2)
    assert last(case, "set_purchase_date").facts == {"bought_on": "2023-05-02", "bought_before": ""}
    with pytest.raises(ValueError, match="future"):
        workshop.set_purchase_date(case, date(2026, 11, 22), by=build.a_staff_member(), now=LATER)


@pytest.mark.parametrize(
    ("decision", "bought_on", "obstacles"),
    [
        (None, date(2025, 5, 2), (Obstacle.DECISION_OPEN,)),  # rule W0
        (Decision.GOODWILL, None, (Obstacle.PURCHASE_UNKNOWN,)),  # rule W4
        (Decision.NO_SPARE_PARTS, date(2025, 5, 2), (Obstacle.NO_SPARE_PARTS,)),  # rule W2
        (Decision.CHARGEABLE, date(2023, 5, 2), (Obstacle.QUOTE_OPEN,)),  # rule W3
    ],
)
def test_no_way_leads_around_what_a_repair_needs(database, decision, bought_on, obstacles):  # rules W0, W2-W4
    case = an_old_case(bought_on)
    if decision:
        case = decided(case, decision)
    with pytest.raises(RepairRefused) as refused:
        begun(case)
    assert refused.value.obstacles == obstacles
    assert Case.get_by_id(case.id).state is State.IN_DIAGNOSIS


def test_a_chargeable_repair_begins_with_the_accepted_quote_and_ends_within_it(database):  # rules W3, P4
    case, staff = build.a_case_with_quote(), build.a_staff_member()
    accepted = build.accepted(case)
    case = begun(Case.get_by_id(case.id))
    with pytest.raises(NotSettled):
        workshop.make_ready(case, by=staff, now=LATER)
    with pytest.raises(Overrun):
        workshop.make_ready(case, accepted.total_cents * 2, by=staff, now=LATER)
    assert Case.get_by_id(case.id).final_cents is None
    ready = workshop.make_ready(case, accepted.total_cents, by=staff, now=LATER)
    assert (ready.state, ready.final_cents) == (State.READY_TO_RETURN, accepted.total_cents)


def test_without_a_spare_part_a_repair_that_was_agreed_to_ends_as_not_repairable(database):  # rules W0, S4
    case, staff = build.a_case_with_quote(), build.a_staff_member()
    build.accepted(case)
    case = decided(Case.get_by_id(case.id), Decision.NO_SPARE_PARTS, "Der Hersteller liefert nicht mehr")
    with pytest.raises(RepairRefused):
        begun(case)
    with pytest.raises(NeedMissing):
        workshop.not_repairable(case, " ", by=staff, now=LATER)
    case = workshop.not_repairable(case, "Kein Netzteil mehr zu bekommen.", by=staff, now=LATER)
    row = last(case, "not_repairable")
    assert (row.source, row.why) == (State.QUOTE_ACCEPTED, "Kein Netzteil mehr zu bekommen.")
    assert told(case)[-1] == "not_repairable"
    ready = workshop.make_ready(case, by=staff, now=LATER)
    assert (ready.state, ready.final_cents) == (State.READY_TO_RETURN, None), "nothing was repaired"


def test_the_repair_and_its_end_at_once_never_mix(database):  # rules W0, S3
    case, one, two = build.a_case_with_quote(), build.a_staff_member(), build.a_staff_member()
    build.accepted(case)
    case = Case.get_by_id(case.id)
    results = at_once(
        lambda: cases.advance(case, "start_repair", by=one, now=LATER),
        lambda: workshop.not_repairable(case, "Kein Netzteil mehr.", by=two, now=LATER),
    )
    assert kinds(results) in (["Case", "CaseMoved"], ["Case", "RepairRefused"])
    steps = History.select().where(History.what.in_(["start_repair", "not_repairable"]))
    assert [row.source for row in steps] == [State.QUOTE_ACCEPTED]


def test_owners_are_told_of_the_repair_and_of_its_outcome_once(database):  # rules S4, S6
    case, staff = decided(build.a_case_in_diagnosis()), build.a_staff_member()
    case = begun(case)
    assert told(case)[-1] == "in_repair"
    Case.update(state=State.QUOTE_ACCEPTED).where(Case.id == case.id).execute()
    case = begun(Case.get_by_id(case.id))
    assert told(case).count("in_repair") == 1
    case = workshop.not_repairable(case, "Die Platine ist gebrochen.", by=staff, now=LATER)
    assert told(case)[-1] == "not_repairable"
    other = workshop.no_fault_found(build.a_case_in_diagnosis(), "Alles geprüft.", by=staff, now=LATER)
    assert (
        Letter.get(Letter.case == other, Letter.event == "no_fault_found").context["why"] == "Alles geprüft."
    )
    before = told(case)
    assert told(workshop.make_ready(case, by=staff, now=LATER)) == before  # rule S4: nothing to know yet


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_outcome_is_never_told_without_a_word(database):  # rule S4
    case, staff = build.a_case_in_diagnosis(), build.a_staff_member()
    for deed in (workshop.no_fault_found, workshop.not_repairable, workshop.diagnose):
        with pytest.raises(NeedMissing):
            deed(case, " \n", by=staff, now=LATER)


def test_a_diagnosis_keeps_what_was_written_before(database):  # section S
    staff = build.a_staff_member()
    case = workshop.diagnose(build.a_case_in_diagnosis(), "Netzteil defekt.", by=staff, now=LATER)
    case = workshop.diagnose(case, "Platine defekt.", by=staff, now=LATER)
    assert case.diagnosis == "Platine defekt."
    assert last(case, "diagnose").facts == {"diagnosis_before": "Netzteil defekt."}


def test_a_read_out_is_recorded_once_and_can_be_taken_back(database):  # rule L6
    case, staff = build.a_case_in_diagnosis(), build.a_staff_member()
    case = workshop.read_out(case, by=staff, now=LATER)
    assert case.read_out_at == LATER
    with pytest.raises(StepRefused):
        workshop.read_out(case, by=staff, now=LATER)
    with pytest.raises(NeedMissing):
        workshop.take_back_read_out(case, "", by=staff, now=LATER)
    case = workshop.take_back_read_out(case, "Falscher Vorgang", by=staff, now=LATER)
    assert case.read_out_at is None
    assert last(case, "take_back_read_out").facts == {"read_out_at": LATER.isoformat()}


def a_locked_link():
    link = build.an_active_link(
        link=build.a_link_request(case=build.a_case_in_diagnosis(), entered_since=True), mode=Mode.VIEW_ONLY
    )
    return SubstituteLink.get_by_id(link.id)


def test_with_a_locked_link_the_read_out_is_the_links_and_nothing_else(database):  # rules L5, L6
    link, staff = a_locked_link(), build.a_staff_member()
    case = workshop.read_out(Case.get_by_id(link.case_id), by=staff, now=LATER)
    assert case.read_out_at is None
    assert SubstituteLink.get_by_id(link.id).read_out_at == LATER
    with pytest.raises(StepRefused):
        workshop.take_back_read_out(case, "Doch nicht", by=staff, now=LATER)


def test_two_read_outs_at_once_are_one(database):  # rules L6, S3
    link, staff = a_locked_link(), build.a_staff_member()
    case = Case.get_by_id(link.case_id)
    results = at_once(
        lambda: workshop.read_out(case, by=staff, now=LATER),
        lambda: readouts.read_out(SubstituteLink.get_by_id(link.id), by=staff, now=LATER),
    )
    assert sum(isinstance(result, LinkMoved | StepRefused) for result in results) == 1
    assert History.select().where(History.what == "read_out").count() == 1


def a_case_without_its_cable(now=NOW):
    staff, case = build.a_staff_member(), build.a_sent_case(now=now)
    parts = [
        PartRecord(Part.SERVER),
        PartRecord(Part.POWER_CABLE, Arrival.MISSING),
        PartRecord(Part.LAN_CABLE),
    ]
    return parcels.check_in(case, parts, by=staff, now=now)


def test_waiting_for_a_missing_part_is_not_staffs_delay(database):  # rules S6, C4
    case, target = a_case_without_its_cable(), timedelta(days=TARGET_DAYS[State.RECEIVED])
    assert queue.reassess_case(case, now=NOW + 30 * DAY).harm is None
    item = ParcelItem.get(ParcelItem.arrival == Arrival.MISSING)
    came = NOW + 10 * DAY
    parcels.arrived_later(item, by=build.a_staff_member(), now=came)
    assert Case.get_by_id(case.id).reassess_at == came + target
    assert queue.reassess_case(case, now=came + target - timedelta(seconds=1)).harm is None
    late = queue.reassess_case(case, now=came + target)
    assert (late.harm, late.harm_since) == (Harm.STUCK, came + target)


def test_a_waived_part_is_waited_for_no_longer(database):  # rules S6, C4
    case = a_case_without_its_cable()
    item = ParcelItem.get(ParcelItem.arrival == Arrival.MISSING)
    parcels.waive(item, "Liegt im Salon.", by=build.a_staff_member(), now=NOW + DAY / 2)
    assert Case.get_by_id(case.id).reassess_at == NOW + TARGET_DAYS[State.RECEIVED] * DAY


def test_who_comes_second_with_an_old_page_changes_nothing(database):  # rule S3
    stale = build.a_case_in_diagnosis()
    workshop.diagnose(Case.get_by_id(stale.id), "Netzteil.", by=build.a_staff_member(), now=LATER)
    with pytest.raises(CaseMoved):
        workshop.diagnose(stale, "Platine.", by=build.a_staff_member(), now=LATER)
    assert Case.get_by_id(stale.id).diagnosis == "Netzteil."
