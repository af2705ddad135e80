"""Whatever happens to substitute links, in any order, does none reach a forbidden state?  Section L.

Requests, corrections, grants, read-outs, a back end that answers late or never, clocks that run and go
back, crashes in mid-deed and workers: every deed is held against `link_model`, written from the rulebook.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from portal.actions import doors, letters, link_steps, links, readouts, tills, warnings
from portal.actions.link_steps import LinkMoved
from portal.actions.links import BackupFacts, LinkAlreadyOpen, LinkWouldBeIncomplete
from portal.actions.readouts import NotReadOut, ServerNotHere
from portal.models import Case, Device, History, Letter, SubstituteLink
from portal.models.base import db
from portal.models.letters import Channel
from portal.rules.links import LinkReason, Mode, TillDeed, door_token
from portal.rules.workflow import State, StepRefused
from tests.actions.link_model import Link
from tests.actions.link_promises import LinkPromises
from tests.actions.machines import always_holds
from tests.builders import NOW, SECRET, a_case, a_device, a_staff_member

REFUSALS = (
    StepRefused,
    LinkMoved,
    LinkAlreadyOpen,
    LinkWouldBeIncomplete,
    NotReadOut,
    ServerNotHere,
)
STEPS_OF_TIME = [timedelta(minutes=1), timedelta(days=1), timedelta(days=4), timedelta(days=12)]
TILL = "https://till.example/42"
TICK = timedelta(microseconds=1)
MOMENTS = st.sampled_from(
    [timedelta(days=days) + tick for days in (7, 3, 1, 0) for tick in (TICK, timedelta(0))] + [-TICK]
)
MAYBE = st.sampled_from([True, False, None])


class RollBack(Exception):
    """Ends a run and leaves nothing of it."""


class LinkMachine(LinkPromises):
    """One salon, one server, one case; links come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = db.obj.transaction()  # each run begins with an empty portal
        self.scope.__enter__()
        self.now = NOW
        self.case = a_case(a_device())
        self.owner, self.staff = self.case.reporter, a_staff_member()

    def teardown(self) -> None:
        self.scope.__exit__(RollBack, RollBack(), None)

    # What is where

    @property
    def open(self) -> Link | None:
        return next((link for link in self.links if link.is_open), None)

    @property
    def server_is_here(self) -> bool:
        return Case.get_by_id(self.case.id).state == State.RECEIVED

    def attempt(self, link: Link, may: bool, deed: Callable[[SubstituteLink], Any]) -> bool:
        """Try a deed: it works if and only if the model says so; one that comes too late ends the link."""
        was_over = link.is_over(self.now)
        before = snapshot()
        if may:
            deed(self.row(link))
            return True
        with pytest.raises(REFUSALS):
            deed(self.row(link))
        if was_over and self.row(link).state == "ended":
            link.end("expired")
        else:
            assert snapshot() == before, "a refused deed left something behind"
        return False

    @rule(data=st.data())
    def go_on(self, data) -> None:
        """Do what usually comes next, so that a run gets far."""
        link = self.open
        mode = data.draw(st.sampled_from(["full", "view_only"]))
        if link is None:
            self.request(True, data.draw(MAYBE), True)
        elif link.state == "requested":
            self.correct(mode == "full", 5, True)
            self.grant(mode, data.draw(st.sampled_from([1, 4, 8, 30])), data.draw(st.booleans()))
        elif link.state == "granted":
            self.the_back_end_answers(True)
        elif link.mode == "full":
            self.wait_for_a_moment(data.draw(MOMENTS))
        elif not self.server_is_here:
            self.the_parcel_travels()
        elif not link.read_out:
            self.read_out(data.draw(st.booleans()))
        else:
            self.load(data.draw(st.booleans()))

    # Owners and staff

    @rule(booked=MAYBE, entered=MAYBE, online=st.booleans())
    def request(self, booked: bool | None, entered: bool | None, online: bool) -> None:
        device = Device.get_by_id(self.case.device_id)
        if self.open and self.open.is_over(self.now):
            assert link_steps.open_now(device, now=self.now) is None
            self.open.end("expired")
        facts = BackupFacts(booked, self.now - timedelta(hours=1) if online else None, None, entered)
        asking = {"by": self.owner, "now": self.now, "reason": LinkReason.DEFECT, "case": self.case}
        if self.open:
            with pytest.raises(LinkAlreadyOpen):  # rule L1
                links.request(device, facts, **asking)
            return
        made = links.request(device, facts, **asking)
        self.links.append(Link(made.id, device.id, entered, made.backup_at))
        assert (made.expected == "full") <= (entered is False and made.backup_at is not None)  # L4a

    @precondition(lambda self: self.open)
    @rule(complete=MAYBE, hours=st.integers(0, 40), knows_when=st.booleans())
    def correct(self, complete: bool | None, hours: int, knows_when: bool) -> None:
        link, at = self.open, self.now - timedelta(hours=hours) if knows_when else None
        found = {"real_backup_at": at, "complete": complete, "why": "Nachgesehen"}
        if self.attempt(
            link,
            link.state == "requested",
            lambda row: links.correct(row, **found, by=self.staff, now=self.now),
        ):
            link.complete = complete
            if at is not None or self.row(link).real_backup_at is None:
                link.backup_at = at or self.row(link).backup_at
            answer = self.row(link).expected  # changed by rule, never by hand (rule L5)
            assert answer != "full" or complete or (complete is None and link.entered_since is False)

    @precondition(lambda self: self.open)
    @rule(mode=st.sampled_from(["full", "view_only"]), days=st.integers(1, 30), by_hand=st.booleans())
    def grant(self, mode: str, days: int, by_hand: bool) -> None:
        link = self.open
        how = {"days": days, "till_address": TILL if by_hand else "", "secret": SECRET}
        if self.attempt(
            link,
            link.may_grant(mode),
            lambda row: links.grant(row, Mode(mode), **how, by=self.staff, now=self.now),
        ):
            link.mode, link.days, link.state = mode, days, "granted"
            link.was_asked = not by_hand
            if by_hand:
                self.began(link)

    @precondition(lambda self: self.open)
    @rule()
    def set_up_by_hand(self) -> None:
        link = self.open
        if self.attempt(
            link,
            link.state == "granted",
            lambda row: links.activate(row, TILL, secret=SECRET, by=self.staff, now=self.now),
        ):
            self.began(link)

    def began(self, link: Link) -> None:
        link.activate(self.now)
        row = self.row(link)
        assert (row.activated_at, row.ends_at) == (link.activated_at, link.ends_at)  # rule L2
        link.tokens.append(door_token(SECRET, row.id, row.generation))

    @precondition(lambda self: self.open)
    @rule()
    def renew(self) -> None:
        link = self.open
        if self.attempt(
            link,
            link.leads_on(self.now),
            lambda row: doors.renew(row, secret=SECRET, by=self.owner, now=self.now),
        ):
            link.tokens.append(door_token(SECRET, link.id, self.row(link).generation))

    @precondition(lambda self: self.open)
    @rule(how=st.sampled_from(["withdraw", "delete", "hand_back", "refuse"]), gone=st.booleans())
    def finish(self, how: str, gone: bool) -> None:
        link = self.open
        if how == "hand_back" and link.is_over(self.now):
            links.hand_back(self.row(link), by=self.staff, now=self.now)
            link.end("expired")
            return
        ways: dict[str, tuple[bool, Callable]] = {
            "withdraw": (True, lambda row: links.withdraw(row, by=self.owner, now=self.now)),
            "refuse": (
                link.state == "requested",
                lambda row: links.refuse(row, "Nein", by=self.staff, now=self.now),
            ),
            "delete": (
                link.state in ("granted", "active"),
                lambda row: links.delete(row, "Weil", by=self.staff, now=self.now, till_deleted=gone),
            ),
            "hand_back": (
                True,
                lambda row: links.hand_back(row, by=self.staff, now=self.now, till_deleted=gone),
            ),
        }
        may, deed = ways[how]
        if self.attempt(link, may and not link.is_over(self.now), deed):
            endings = {"withdraw": "withdrawn", "delete": "deleted", "hand_back": "commissioned"}
            if how == "refuse":
                link.state = "refused"
            else:
                link.end(endings[how])

    # The receipt lock

    @rule()
    def the_parcel_travels(self) -> None:
        state = State.ON_ITS_WAY_BACK if self.server_is_here else State.RECEIVED
        Case.update(state=state).where(Case.id == self.case.id).execute()

    @precondition(lambda self: self.open)
    @rule(works=st.booleans())
    def read_out(self, works: bool) -> None:
        link, may = self.open, self.open.may_read_out(self.server_is_here, self.now)
        if works:
            done = self.attempt(link, may, lambda row: readouts.read_out(row, by=self.staff, now=self.now))
            link.read_out = link.read_out or done
        else:
            self.attempt(
                link, may, lambda row: readouts.fail_read_out(row, "Kaputt", by=self.staff, now=self.now)
            )

    @precondition(lambda self: self.open)
    @rule(unlocked=st.booleans())
    def load(self, unlocked: bool) -> None:
        link = self.open
        if self.attempt(
            link,
            link.may_load(self.server_is_here, self.now),
            lambda row: readouts.load(row, by=self.staff, now=self.now, till_unlocked=unlocked),
        ):
            link.mode, link.lifted = "full", True
            link.till = "open" if unlocked else link.till

    @precondition(lambda self: self.open)
    @rule()
    def lock(self) -> None:
        link = self.open
        if self.attempt(
            link,
            link.may_lock(self.now),
            lambda row: readouts.lock(row, "Es fehlt etwas", by=self.staff, now=self.now),
        ):
            link.mode, link.complete = "view_only", False

    @precondition(lambda self: self.open and self.open.state == "active")
    @rule()
    def confirm_by_hand(self) -> None:
        link = self.open
        if self.row(link).till_is_confirmed:
            with pytest.raises(StepRefused):
                tills.confirm_by_hand(self.row(link), by=self.staff, now=self.now)
            return
        tills.confirm_by_hand(self.row(link), by=self.staff, now=self.now, why="Gesehen")
        link.till = "open" if link.mode == "full" else "locked"

    # Time, the back end, the worker, the door

    @rule(step=st.sampled_from(STEPS_OF_TIME))
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @precondition(lambda self: self.open and self.open.ends_at)
    @rule(before=MOMENTS)
    def wait_for_a_moment(self, before: timedelta) -> None:
        """Let it be just before, at or after a warning or the end."""
        self.now = max(self.now, self.open.ends_at - before)

    @precondition(lambda self: self.links)
    @rule()
    def the_clock_goes_back(self) -> None:
        self.now -= timedelta(hours=1)

    @rule(works=st.booleans())
    def the_back_end_answers(self, works: bool) -> None:
        """Deliver one letter to it; an answer that is lost comes again later (as the worker does)."""

        def send(letter: Letter) -> None:
            if not works:
                raise letters.PostAway("away")
            self.do_as_asked(letter)

        try:
            letters.deliver_one(send, now=lambda: self.now, channel=Channel.TILL)
        except letters.PostAway:
            return

    def do_as_asked(self, letter: Letter) -> None:
        row = SubstituteLink.get_by_id(letter.context["link_id"])
        link = next(link for link in self.links if link.id == row.id)
        if letter.event != TillDeed.CREATE:
            tills.done(row, TillDeed(letter.event), now=self.now)
            states = {"lock": "locked", "unlock": "open", "delete": "gone"}
            link.till = states[letter.event] if link.till != "gone" else "gone"
        elif link.state == "granted":
            links.activate(row, TILL, secret=SECRET, by=None, now=self.now, till_id="t1")
            self.began(link)

    @rule()
    def the_worker_comes(self) -> None:
        link_steps.expire_due(now=self.now)
        if self.open and self.open.is_over(self.now):
            self.open.end("expired")
        link = self.open
        due = link.warning_due(self.now) if link else None
        warnings.warn_due(now=self.now)
        if link and due:
            link.warned.add(due)

    @precondition(lambda self: any(link.tokens for link in self.links))
    @rule(data=st.data())
    def knock(self, data) -> None:
        link = data.draw(st.sampled_from([link for link in self.links if link.tokens]))
        token = data.draw(st.sampled_from(link.tokens))
        door = doors.open_door(token, now=self.now)
        if token != link.tokens[-1]:
            assert door is None  # only the newest address is one
            return
        assert door is not None
        assert door.is_open == link.leads_on(self.now)  # rule L9
        if link.is_over(self.now):
            link.end("expired")  # the first refusal is written down

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def crash(self, data) -> None:
        """Die in the last moment of a deed: nothing of it is there afterwards."""
        row, by = self.row(self.open), self.staff
        deeds: list[Callable[[], Any]] = [
            lambda: links.correct(row, real_backup_at=None, complete=None, why="x", by=by, now=self.now),
            lambda: links.grant(
                row, Mode.VIEW_ONLY, days=3, secret=SECRET, by=by, now=self.now, till_address=TILL
            ),
            lambda: links.hand_back(row, by=by, now=self.now),
            lambda: readouts.load(row, by=by, now=self.now),
            lambda: link_steps.expire_due(now=self.now),
            lambda: warnings.warn_due(now=self.now),
        ]

        def broken(*_args, **_columns):
            raise RuntimeError("killed")

        before = snapshot()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("portal.actions.queue.reassess_link", broken)
            try:
                data.draw(st.sampled_from(deeds))()
            except (RuntimeError, *REFUSALS):
                assert snapshot() == before


def snapshot() -> tuple[list[dict[str, Any]], int, int]:
    """Return what a refused or broken deed must not change."""
    rows = list(SubstituteLink.select().order_by(SubstituteLink.id).dicts())
    return rows, History.select().count(), Letter.select().count()


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 40), ("postgresql", 8)], indirect=["engine"])
def test_no_sequence_brings_a_link_into_a_forbidden_state(database, engine, examples):  # rules L1-L10
    always_holds(LinkMachine, examples=examples, steps=40)
