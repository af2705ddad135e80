"""Everything that a worker may have to do, due at once: what is written down, and what must come of it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask

from portal import worker
from portal.actions import links, readouts
from portal.models import Appointment, Case, History, Hook, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import clock
from portal.rules.appointments import Kind
from portal.rules.keys import hook_secret
from portal.rules.links import LinkState, Mode, TillState
from portal.rules.workflow import State
from tests import builders as build
from tests.engines import PATIENCE
from tests.forks import end_with_the_tests, forks
from tests.servers import Mailbox
from tests.tills import HookServer, TillServer

OF_EACH = 3


@dataclass
class World:
    """The machines around the portal, and the links and appointments by what is due with them."""

    mailbox: Mailbox
    tills: TillServer
    hooks: HookServer
    to_create: list[SubstituteLink]
    to_unlock: list[SubstituteLink]
    to_end: list[SubstituteLink]
    to_warn: list[SubstituteLink]
    to_remind: list[Appointment]

    @property
    def heard(self) -> int:
        """Count what arrived anywhere."""
        return len(self.mailbox.letters) + len(self.tills.requests) + len(self.hooks.requests)

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is due any more, letters that come of letters included."""
        ends = SubstituteLink.select().where(
            SubstituteLink.state == LinkState.ACTIVE, SubstituteLink.ends_at <= clock.now()
        )
        warnings = SubstituteLink.select().where(SubstituteLink.warn_at <= clock.now())
        reminders = Appointment.to_remind(clock.now())
        return not (Letter.count_open() or ends.exists() or warnings.exists() or reminders.exists())

    def check(self, *, copies: int) -> None:
        """Everything has left, in order, and was done once; `copies`: so many letters may have come twice."""
        assert not Letter.select().where(Letter.sent_at.is_null()).exists()
        self._check_mail(copies)
        self._check_tills()
        self._check_hooks(copies)
        for wanted, link in (
            *(({"activate": 1}, link) for link in self.to_create),
            *(({"till_unlock": 1}, link) for link in self.to_unlock),
            *(({"expire": 1, "till_delete": 1}, link) for link in self.to_end),
            *(({"warn": 1}, link) for link in self.to_warn),
        ):
            done = Counter(row.what for row in History.select().where(History.link == link.id))
            assert {what: done[what] for what in wanted} == wanted
        for appointment in self.to_remind:
            assert [row.what for row in History.of_case(appointment.case)].count("remind_appointment") == 1

    def _check_mail(self, copies: int) -> None:
        arrived = marks(self.mailbox)
        written = ids_of(Channel.MAIL)
        assert set(arrived) == set(written)
        assert len(arrived) <= len(written) + copies, "one copy per crash at most"
        assert in_order(arrived, Channel.MAIL)
        events = Counter(letter.event for letter in Letter.select().where(Letter.channel == Channel.MAIL))
        assert events["link_unlocked"] == events["link_ends_soon"] == OF_EACH
        assert events["appointment_soon"] == OF_EACH

    def _check_tills(self) -> None:
        expected = [("create", link) for link in self.to_create] + [
            ("unlock", link) for link in self.to_unlock
        ]
        expected += [("delete", link) for link in self.to_end]
        assert Counter(self.tills.deeds) == Counter((deed, str(link.id)) for deed, link in expected)
        assert len({request.key for request in self.tills.requests}) == len(expected), "a key for each deed"
        for link in SubstituteLink.select().where(SubstituteLink.id.in_([link.id for _, link in expected])):
            assert link.till_is_confirmed
            assert self.tills.state(link.id) == link.till_confirmed
            assert self.tills.tills[str(link.id)]["address"] == link.till_address

    def _check_hooks(self, copies: int) -> None:
        arrived = {request.key: request.said["data"] for request in self.hooks.taken}
        assert set(arrived) == set(ids_of(Channel.HOOK))
        assert len(self.hooks.taken) <= len(arrived) + copies
        for link in {data["id"] for data in arrived.values()}:
            told = [data["sequence"] for data in arrived.values() if data["id"] == link]
            assert told == sorted(told), "in the order in which things happened to the link"


def everything_due(mailbox: Mailbox, tills: TillServer, hooks: HookServer, secret: str) -> World:
    """Make links to be created, unlocked, ended and warned of, and somebody who hears of all that."""
    now = clock.now()
    to_create = [granted_link() for _ in range(OF_EACH)]
    to_unlock = [link_to_unlock(tills) for _ in range(OF_EACH)]
    long_ago = now - timedelta(days=30, seconds=1)
    to_end = [active_link(tills, at=long_ago) for _ in range(OF_EACH)]
    to_warn = [build.an_active_link(now=now - timedelta(days=23, minutes=1)) for _ in range(OF_EACH)]
    hook = Hook.create(url=hooks.url, topics=["link"], created_at=now)
    hooks.secret = hook_secret(secret, hook.id, hook.generation)
    to_remind = [booked_appointment() for _ in range(OF_EACH)]
    return World(mailbox, tills, hooks, to_create, to_unlock, to_end, to_warn, to_remind)


def booked_appointment() -> Appointment:
    """Book a call some days ago of which the salon is to be reminded now."""
    now = clock.now()
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=12)
    booked_at = now - timedelta(days=3)
    return build.an_appointment(build.a_case(now=booked_at), Kind.CALL, start, now=booked_at)


def granted_link(mode: Mode = Mode.FULL, case: Case | None = None, now: Any = None) -> SubstituteLink:
    """Grant a link; its till is to be made by the back end."""
    now, full = now or clock.now(), mode is Mode.FULL
    asked = build.a_link_request(now=now, entered_since=not full, case=case)
    found = links.Findings(asked.backup_at, full, "Nachgesehen")
    staff = build.a_staff_member()
    return links.grant(asked, mode, days=30, secret=build.SECRET, by=staff, now=now, found=found)


def active_link(
    tills: TillServer, mode: Mode = Mode.FULL, case: Case | None = None, at: Any = None
) -> SubstituteLink:
    """Begin a link whose till the back end has made already."""
    at = at or clock.now()
    link = granted_link(mode, case, at)
    till = {"id": f"T-{link.id}", "address": f"{tills.address}/till/{link.id}"}
    tills.tills[str(link.id)] = {**till, "state": "open" if mode is Mode.FULL else "locked"}
    Letter.update(sent_at=at, due_at=None).where(Letter.lane == f"till:{link.id}").execute()
    SubstituteLink.update(warn_at=None).where(SubstituteLink.id == link.id).execute()
    link = links.activate(link, till["address"], secret=build.SECRET, by=None, now=at, till_id=till["id"])
    if at < clock.now() - timedelta(days=7):
        SubstituteLink.update(warn_at=None).where(SubstituteLink.id == link.id).execute()
    return link


def link_to_unlock(tills: TillServer) -> SubstituteLink:
    """Read out a server that was sent in and load it onto its link: the till is to be unlocked."""
    case, now, staff = build.a_case(now=clock.now()), clock.now(), build.a_staff_member()
    Case.update(state=State.RECEIVED).where(Case.id == case.id).execute()
    link = active_link(tills, Mode.VIEW_ONLY, Case.get_by_id(case.id))
    readouts.read_out(link, by=staff, now=now)
    link = readouts.load(SubstituteLink.get_by_id(link.id), by=staff, now=now)
    assert (link.till_wanted, link.till_confirmed) == (TillState.OPEN, TillState.LOCKED)
    return link


def ids_of(channel: Channel) -> list[str]:
    """Return what the letters of a channel are known by, in the order in which they were written."""
    written = Letter.select().where(Letter.channel == channel).order_by(Letter.id)
    return [letter.message_id for letter in written if letter.tries]


def marks(mailbox: Mailbox) -> list[str]:
    """Return the unique part of the Message-ID of each letter that arrived, in order."""
    return [str(letter["Message-ID"]).strip("<>").partition("@")[0] for letter in mailbox.letters]


def in_order(arrived: list[str], channel: Channel) -> bool:
    """Tell whether the letters of each lane arrived in the order in which they were written."""
    lanes: dict[str, list[int]] = {}
    for letter in Letter.select().where(Letter.channel == channel, Letter.tries > 0).order_by(Letter.id):
        lanes.setdefault(letter.lane, []).append(arrived.index(letter.message_id))
    return all(line == sorted(line) for line in lanes.values())


def let_leases_run_out() -> None:
    """Let as much time pass as a lease lasts; no worker may be alive."""
    Letter.update(leased_until=clock.now()).where(Letter.leased_until.is_null(False)).execute()


@contextmanager
def working(portal: Flask) -> Iterator[None]:
    """Have a worker run beside the block, in a thread; it is over before anything it needs is taken away."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(portal,), kwargs={"stop": stop})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(3 * PATIENCE)
        assert not thread.is_alive(), "the worker does not end"


def start_worker(settings: dict[str, Any]) -> Any:
    """Start a worker as a process of its own on these settings; `.kill()` is kill -9."""
    process = forks.Process(target=_work, args=(settings,), daemon=True)
    process.start()
    return process


def _work(settings: dict[str, Any]) -> None:
    from portal.app import create_app

    end_with_the_tests()
    worker.PAUSE = 0.05
    worker.run(create_app(settings))
