"""Does every question that must stay quick walk an index, on both engines?"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.actions import doors, link_steps, queue, reminders, rounds, sign_in_links
from portal.fill import fill
from portal.models import (
    Account,
    Appointment,
    Case,
    Customer,
    Device,
    Draft,
    History,
    ImportRun,
    Letter,
    SignIn,
    base,
    db,
    desk,
    following,
    past,
    search,
)
from portal.models.links import SubstituteLink
from portal.models.past import Sought
from portal.rules.workflow import Role, State
from tests.builders import NOW, an_owner


class Listener:
    """Writes down every SELECT that the models send."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[tuple[str, list]] = []
        self.real = db.obj.execute_sql
        monkeypatch.setattr(db.obj, "execute_sql", self.hear)

    def hear(self, sql: str, params=None, *args, **columns):
        """Keep the statement and pass it on."""
        if sql.startswith("SELECT"):
            self.said.append((sql, params))
        return self.real(sql, params, *args, **columns)

    def plans(self) -> list[str]:
        """Return the engine's plan of each statement heard."""
        if base.is_sqlite():
            return [
                "\n".join(row[3] for row in self.real(f"EXPLAIN QUERY PLAN {sql}", params))
                for sql, params in self.said
            ]
        self.real("SET enable_seqscan = off")
        return ["\n".join(row[0] for row in self.real(f"EXPLAIN {sql}", params)) for sql, params in self.said]


def walks_no_table(plan: str) -> bool:
    """Tell whether no table is read from end to end."""
    return not re.search(r"Seq Scan|SCAN (t\d+|\"?[a-z_]+\"?)$", _without_subqueries(plan), re.MULTILINE)


def _without_subqueries(plan: str) -> str:
    return re.sub(r"^SCAN (some_\w+|part\d+|\(subquery.*|.*CONSTANT ROW)$", "", plan, flags=re.MULTILINE)


def staff() -> Account:
    return Account.create(email="s@portal.example", name="S", role=Role.STAFF, created_at=NOW)


def an_answered_place():
    return desk.place_of(Case.select().where(Case.harm > 0).order_by(Case.harm, Case.harm_since).first())


QUESTIONS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "queue": (lambda: desk.queue(staff()), ("case_harm_harm_since_id", "substitute_link_harm_harm_since_id")),
    "queue, next page": (
        lambda: desk.queue(staff(), an_answered_place()),
        ("case_harm_harm_since_id", "substitute_link_harm_harm_since_id"),
    ),
    "cases by state": (lambda: desk.cases_in(staff(), [State.SUBMITTED, State.RECEIVED]), ("case_state_id",)),
    "open links": (lambda: desk.open_links(staff()), ("substitute_link_state_ends_at_id",)),
    "case by number": (
        lambda: Case.visible_to(staff()).where(Case.number == "R260000013").first(),
        ("case_number",),
    ),
    "serial number": (lambda: search.devices_with_serial("F-00000007"), ("device_serial",)),
    "beginning of a serial number": (lambda: search.devices_with_serial("F-0000"), ("device_serial",)),
    "beginning of a name": (lambda: search.salons_named("haar"), ("salon_", "customer_")),
    "customer number": (lambda: search.salons_of_customer("F0000003"), ("customer_number",)),
    "phone of a salon": (lambda: search.salons_with_phone("+492202000003"), ("salon_phone",)),
    "phone of a case": (lambda: search.cases_with_phone(staff(), "+49000"), ("case_contact_phone",)),
    "an owner's cases": (lambda: list(following.by_turn(an_owner(), NOW)), ("case_customer_id",)),
    "reminders": (lambda: remind_once_all_are_planned(), ("case_remind_at",)),
    "appointments to remind of": (lambda: list(Appointment.to_remind(NOW)), ("appointment_remind_at",)),
    "customers' lists to take over": (lambda: list(ImportRun.due(NOW)), ("import_run_due_at",)),
    "links asked for by mail": (lambda: sign_in_links.send_asked(now=NOW), ("sign_in_link_waits_since",)),
    "due places": (lambda: queue.reassess_due(now=NOW - timedelta(days=9000)), ("case_reassess_at",)),
    "links past their end": (
        lambda: link_steps.expire_due(now=NOW - timedelta(days=9000)),
        ("substitute_link_state_ends_at_id",),
    ),
    "the door": (lambda: doors.open_door("x", now=NOW), ("substitute_link_token_hash",)),
    "a device's open link": (
        lambda: SubstituteLink.open_for(Device(id=1)),
        ("substitute_link_open_device",),
    ),
    "a session": (lambda: SignIn.account_of("x", NOW), ("sign_in_",)),
    "a browser's report": (lambda: Draft.get_or_none(Draft.key_hash == "x"), ("draft_key_hash",)),
    "due letters": (lambda: list(Letter.due(NOW)), ("letter_channel_due_at_id",)),
    "the history": (lambda: past.search(Sought(hidden=("look",))), ("history_at_id",)),
    "a day of the history": (lambda: past.search(Sought(since=NOW, before=NOW)), ("history_at_id",)),
    "what a person did": (
        lambda: past.search(Sought(people=(1,)), (NOW, 900)),
        ("history_account_id", "history_about"),
    ),
    "a kind of deeds": (lambda: past.search(Sought(whats=("grant", "refuse"))), ("history_what_at_id",)),
    "what came from an address": (lambda: past.search(Sought(address="::1")), ("history_address_at_id",)),
    "a customer's history": (
        lambda: past.search(Sought(**past.of_customer(Customer(id=1)))),
        ("history_case_id", "history_about"),
    ),
}


def remind_once_all_are_planned() -> None:
    rounds.finish(now=NOW, name=reminders.PLANNED)  # cases from before have theirs: that is done once
    reminders.remind_due(now=NOW - timedelta(days=9000))


def test_every_question_that_must_stay_quick_walks_its_index(database, monkeypatch):
    History.insert_many([{"at": NOW, "what": "look", "about": f"case:{one}"} for one in range(40)]).execute()
    fill(400, now=NOW)
    slow = []
    for name, (ask, indexes) in QUESTIONS.items():
        with monkeypatch.context() as patch, db.atomic() as deed:
            listener = Listener(patch)
            ask()
            plans = listener.plans()
            deed.rollback()
        told = "\n".join(plans)
        missing = [index for index in indexes if index not in told]
        if missing or not all(walks_no_table(plan) for plan in plans):
            slow.append(f"{name}: without {missing}\n{told}")
    assert not slow, "\n\n".join(slow)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_queue_is_read_in_order_and_never_sorted(database, engine, monkeypatch):  # rule S5
    fill(400, now=NOW)
    member = staff()
    listener = Listener(monkeypatch)
    desk.queue(member)
    assert listener.said
    assert not any("TEMP B-TREE" in plan for plan in listener.plans())


def test_a_prefix_is_found_in_its_index_and_not_in_its_middle(database):
    fill(50, now=NOW)
    for prefix in ("F-", "F-000000", "f-", "-", "%", "_", "\\", "", "F-00000001"):
        found = {device.serial for device in Device.select().where(base.starts_with(Device.serial, prefix))}
        assert found == {device.serial for device in Device.select() if device.serial.startswith(prefix)}
