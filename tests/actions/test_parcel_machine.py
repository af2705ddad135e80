"""Whatever is done with parts in whatever order: what came in goes out.  Rules C4, C4a, C5."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from portal.actions import cases, commissioning, packing, parcels
from portal.actions.cases import CaseMoved, NeedMissing
from portal.actions.conditions import PartsOutstanding
from portal.actions.packing import ConsentMissing
from portal.actions.parcels import PartRecord, Serials
from portal.models import Case, CommissioningTick, ParcelItem
from portal.rules.carriers import Carrier
from portal.rules.commissioning import Item
from portal.rules.parcel import Arrival, Departure, Part
from portal.rules.workflow import State, StepRefused
from tests.actions.machines import always_holds
from tests.builders import NOW, a_sent_case, a_staff_member, an_appointment, consent

AWAY = (State.ON_ITS_WAY_BACK, State.DELIVERED, State.COMMISSIONING_BOOKED, State.COMMISSIONED)
REFUSED = (CaseMoved, StepRefused, NeedMissing, PartsOutstanding, ConsentMissing)
WAY = ("start_diagnosis", "no_fault_found", "make_ready", "confirm_delivery")
ON_PARTS = {
    "arrived": lambda item, **who: parcels.arrived_later(item, **who),
    "waive": lambda item, **who: parcels.waive(item, "Weil", **who),
    "identify": lambda item, **who: parcels.identify(item, Serials(serial="X"), **who),
    "pack": lambda item, **who: packing.pack(item, **who),
    "unpack": lambda item, **who: packing.unpack(item, **who),
    "keep": lambda item, **who: packing.keep(item, "Weil", **who),
    "ask": lambda item, **who: packing.ask_disposal(item, **who),
}


class ParcelMachine(RuleBasedStateMachine):
    """Staff do with parts, parcel and case what comes to their mind; the owner answers about the TSE."""

    def __init__(self) -> None:
        super().__init__()
        self.case, self.staff, self.moment = a_sent_case(), a_staff_member(), NOW
        self.left_at = None

    @property
    def fresh(self) -> Case:
        return Case.get_by_id(self.case.id)

    def attempt(self, deed) -> None:
        self.moment += timedelta(minutes=1)
        try:
            deed({"by": self.staff, "now": self.moment})
        except REFUSED:
            return

    @rule(arrivals=st.lists(st.sampled_from([Arrival.ARRIVED, Arrival.MISSING]), min_size=3, max_size=3))
    def check_in(self, arrivals) -> None:
        parts = (Part.SERVER, Part.POWER_CABLE, Part.TSE_USB)
        records = [PartRecord(*one) for one in zip(parts, arrivals, strict=True)]
        self.attempt(lambda who: parcels.check_in(self.fresh, records, **who))

    @rule(step=st.sampled_from(WAY))
    def go_on(self, step) -> None:
        self.attempt(lambda who: cases.advance(self.fresh, step, **who))

    @rule(deed=st.sampled_from(sorted(ON_PARTS)), data=st.data())
    def do_with_a_part(self, deed, data) -> None:
        items = list(ParcelItem.of_case(self.case))
        if items:
            item = data.draw(st.sampled_from(items))
            self.attempt(lambda who: ON_PARTS[deed](item, **who))

    @rule()
    def pack_all(self) -> None:
        for item in ParcelItem.of_case(self.case):
            self.attempt(lambda who, item=item: packing.pack(item, **who))

    @rule(part=st.sampled_from([Part.PRINTER, Part.TSE_USB]))
    def find_another_part(self, part) -> None:
        if ParcelItem.of_case(self.case).count() < 7:
            self.attempt(lambda who: parcels.add_unexpected(self.fresh, PartRecord(part), **who))

    @rule(agrees=st.booleans())
    def answer_about_the_tse(self, agrees) -> None:
        item = ParcelItem.disposal_open_of(self.case)
        if item:
            who = {"by": self.case.reporter, "now": self.moment}
            given = (consent("tse_disposal"),) if agrees else ()
            (packing.agree_disposal if agrees else packing.decline_disposal)(item, *given, **who)

    @rule(raw=st.booleans())
    def dispatch(self, raw) -> None:
        if raw:
            self.attempt(lambda who: cases.advance(self.fresh, "dispatch", dispatched_at=who["now"], **who))
        else:
            self.attempt(lambda who: packing.dispatch(self.fresh, Carrier.DHL, "", **who))

    @rule()
    def send_after(self) -> None:
        self.attempt(lambda who: packing.send_after(self.fresh, Carrier.DHL, "", **who))

    @precondition(lambda self: self.fresh.state == State.DELIVERED)
    @rule()
    def book(self) -> None:
        an_appointment(self.fresh, now=self.moment)

    @precondition(lambda self: self.fresh.state == State.COMMISSIONING_BOOKED)
    @rule()
    def put_into_service(self) -> None:
        for item in Item:
            if item not in CommissioningTick.done_of(self.case):
                commissioning.tick(self.fresh, item, by=self.staff, now=self.moment)
        self.attempt(lambda who: cases.advance(self.fresh, "commission", **who))

    @invariant()
    def what_came_before_the_parcel_left_went_with_it(self) -> None:
        case = self.fresh
        for item in ParcelItem.of_case(case) if case.state in AWAY else ():
            if item.standing.is_here and item.departure is None:
                assert item.arrived_at > case.dispatched_at, item.part

    @invariant()
    def no_tse_stays_without_consent(self) -> None:
        for item in ParcelItem.of_case(self.case).where(ParcelItem.part == Part.TSE_USB):
            assert item.departure is not Departure.KEPT or item.consent_id

    @invariant()
    def a_case_that_ended_left_nothing_behind(self) -> None:
        if self.fresh.state == State.COMMISSIONED:
            for item in ParcelItem.of_case(self.case):
                assert item.standing.is_accounted_for, item.part
                assert not item.standing.is_awaited, item.part


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 12), ("postgresql", 2)], indirect=["engine"])
def test_what_came_in_goes_out_whatever_is_done(database, engine, examples):  # rules C4, C4a, C5
    always_holds(ParcelMachine, examples=examples, steps=40)
