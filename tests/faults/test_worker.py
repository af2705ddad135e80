"""Does every letter arrive, whatever dies or is away, and none twice for one event?"""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from portal import deliveries, worker
from portal.actions import letters, link_steps
from portal.models import Account, Case, Letter, Round, base
from portal.outside import clock
from portal.rules.links import LinkState
from tests.builders import NOW, a_case, a_device, a_salon, an_active_link, an_owner
from tests.engines import wait_until
from tests.faults.deeds import let_leases_run_out, marks, working

LETTERS = 20


@pytest.fixture
def outbox(database) -> list[str]:
    """Write 20 letters about 4 cases, five each in order; give their Message-IDs' first parts."""
    owner = an_owner()
    device = a_device(a_salon(owner.customer))
    for _ in range(LETTERS // 5):
        case = a_case(device, owner, now=clock.now())
        for event in ("received", "solved_remotely", "declined", "cancelled"):
            letters.tell_owners(case, event, now=clock.now())
    return [letter.message_id for letter in Letter.select().order_by(Letter.id)]


@pytest.fixture
def portal(outbox, app_settings, smtp_server) -> Iterator[Flask]:
    """Make the portal on the outbox's database, with the mail server."""
    from portal.app import create_app

    before = base.db.obj
    yield create_app({**app_settings, "smtp": smtp_server.address, "testing": True})
    base.db.close_all()
    base.db.initialize(before)


def all_sent() -> bool:
    return not Letter.select().where(Letter.sent_at.is_null()).exists()


def test_one_round_sends_everything_that_is_due_and_says_so(portal, outbox, smtp_server):  # rule S4
    worker.run(portal, once=True)
    assert marks(smtp_server) == outbox
    assert all_sent()
    assert clock.now() - Round.last_at() < timedelta(seconds=30)
    worker.run(portal, once=True)
    assert len(smtp_server.letters) == LETTERS, "what was sent is not sent again"


def test_a_letter_has_what_mail_programs_need(portal, outbox, smtp_server):  # rule S4
    worker.run(portal, once=True)
    letter = smtp_server.letters[0]
    assert letter["Message-ID"] == f"<{outbox[0]}@localhost>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == Letter.get(Letter.message_id == outbox[0]).written_at.replace(
        microsecond=0
    )
    parts = [part.get_content_type() for part in letter.iter_parts()]
    assert parts == ["text/plain", "text/html"]


def test_sigterm_ends_the_worker_after_the_present_letter(
    outbox, smtp_server, start_command, environment
):  # rule S4
    environment["PORTAL_SMTP"] = smtp_server.address
    process = start_command("worker")
    smtp_server.after_taking = lambda _letter: process.process.terminate() if process.runs else None
    assert process.wait() == 0
    sent = Letter.select().where(Letter.sent_at.is_null(False)).count()
    assert 0 < sent < LETTERS
    assert sent == len(smtp_server.letters)
    assert not Letter.select().where(Letter.leased_until.is_null(False)).exists()


def test_a_mail_server_that_was_down_gets_everything_in_order(
    portal, outbox, smtp_server, monkeypatch
):  # rule S4
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    smtp_server.stop()
    with working(portal):
        wait_until(lambda: Letter.select().where(Letter.last_error != "").exists(), "a first vain try")
        smtp_server.start()
        wait_until(lambda: len(smtp_server.letters) > 5, "some letters")
        smtp_server.stop()
        smtp_server.start()
        wait_until(all_sent, "all letters")
    arrived = list(dict.fromkeys(marks(smtp_server)))
    assert arrived == outbox
    assert Letter.select().where(Letter.tries > 1).count() <= 1, "an outage is no letter's fault"


def test_one_bad_letter_holds_up_no_other(portal, outbox, smtp_server):  # rule S4
    bad = {
        "broken template": {"event": "no_such_event"},
        "line break in the address": {"recipient": "a@salon.example\r\nBcc: b@salon.example"},
        "no address": {"recipient": "nobody"},
        "broken facts": {"context": {"number": None, "holds": ["no_such_hold"]}},
    }
    for mark, change in zip(outbox, bad.values(), strict=False):
        Letter.update(change).where(Letter.message_id == mark).execute()
    refused = {outbox[10]: "550 no such person", outbox[11]: "451 later"}
    smtp_server.refuse = lambda mail: refused.get(str(mail["Message-ID"]).strip("<>").partition("@")[0])
    worker.run(portal, once=True)
    assert set(marks(smtp_server)) == set(outbox[4:10] + outbox[12:])
    given_up = {letter.message_id for letter in Letter.select().where(Letter.gave_up_at.is_null(False))}
    assert given_up == {outbox[1], outbox[2], outbox[10]}
    later = Letter.select().where(Letter.due_at > clock.now())
    assert {letter.message_id for letter in later} == {outbox[0], outbox[3], outbox[11]}
    assert all(letter.last_error for letter in later)


def test_a_letter_over_which_the_talk_breaks_off_does_not_block_the_line(
    portal, outbox, smtp_server, monkeypatch
):  # rule S4
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    smtp_server.refuse = lambda mail: "421 bye" if outbox[0] in str(mail["Message-ID"]) else None
    with working(portal):
        wait_until(lambda: len(smtp_server.letters) == LETTERS - 1, "all letters but one")
    assert Letter.get(Letter.message_id == outbox[0]).due_at > clock.now()


def test_a_database_that_goes_away_after_the_server_took_the_letter_makes_no_copy(
    portal, outbox, smtp_server, monkeypatch
):  # rule S4
    write, broken = letters._write_result, threading.Event()

    def once_broken(*args):
        if not broken.is_set():
            broken.set()
            raise OSError("the database is away")
        return write(*args)

    monkeypatch.setattr(letters, "_write_result", once_broken)
    with portal.app_context():
        line, stop = worker.Line(deliveries.Mails(portal.config["PORTAL"])), threading.Event()
        line.work(stop)
        assert not line.is_well
        line.work(stop)
        let_leases_run_out()
        line.work(stop)
        assert line.is_well
    assert sorted(marks(smtp_server)) == sorted(outbox)
    assert all_sent()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_worker_outlives_a_database_that_throws_it_out(
    portal, outbox, smtp_server, postgresql_cluster, database_url, monkeypatch
):  # rule S4
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    name = database_url.rpartition("/")[2]
    thrown_out = threading.Event()

    def throw_out(_mail) -> None:
        if len(smtp_server.letters) == 5 and not thrown_out.is_set():
            thrown_out.set()
            postgresql_cluster.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )

    smtp_server.after_taking = throw_out
    base.db.close()
    with working(portal):
        wait_until(lambda: len(smtp_server.letters) >= LETTERS - 5, "the letters of other cases")
    base.db.close_all()
    assert set(marks(smtp_server)) <= set(outbox)
    assert thrown_out.is_set()


def test_a_part_that_fails_stops_no_letter_but_the_round_does_not_count(
    portal, outbox, smtp_server, monkeypatch
):  # rule S4
    def fail(**_values):
        raise ZeroDivisionError

    monkeypatch.setattr(link_steps, "expire_due", fail)
    with pytest.raises(worker.RoundFailed, match=r"^ends$"):
        worker.run(portal, once=True)
    assert len(smtp_server.letters) == LETTERS
    assert Round.last_at() is None


def test_the_worker_ends_links_and_keeps_the_queue(database, app):  # rules L2, S5
    link = an_active_link(days=1, now=NOW - timedelta(days=400))
    case = a_case()
    Case.update(reassess_at=clock.now() - timedelta(days=1)).where(Case.id == case.id).execute()
    worker.run(app, once=True)
    assert type(link).get_by_id(link.id).state == LinkState.ENDED
    assert Case.get_by_id(case.id).reassess_at != clock.now() - timedelta(days=1)


def test_the_demo_writes_letters_into_its_folder(database, app, app_settings):  # rule S4
    a_case()
    worker.run(app, once=True)
    assert len(list(app_settings["mail_folder"].glob("*.eml"))) == 1
    assert Account.select().exists()


def test_for_cron_a_round_says_what_did_not_work(portal, outbox, smtp_server, monkeypatch):  # rule S4
    smtp_server.stop()
    done = portal.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 1
    assert "mail: ConnectionRefusedError" in done.output
    assert Round.last_at() is not None, "that the mail server is away is not the worker's fault"
    smtp_server.start()
    done = portal.test_cli_runner().invoke(args=["worker", "--once"])
    assert (done.exit_code, done.output) == (0, "")
    assert all_sent()


def test_pauses_grow_to_a_minute_while_something_is_away():
    assert [worker.pause_after(failures) for failures in (0, 1, 2, 3, 4, 5, 99)] == [2, 4, 8, 16, 32, 60, 60]
