"""Do machines learn whether the portal is fine, and does a broken part say so?"""

import shutil
from collections import namedtuple
from datetime import datetime, timedelta

import pytest
from peewee import OperationalError

from portal.actions import letters, rounds
from portal.models import Letter, Round, base
from portal.models.letters import Channel
from portal.outside import clock
from portal.web import machines
from tests.builders import a_case, a_waiting_case, an_active_link
from tests.queries import counted

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def fine(app):
    """Let the worker have been here just now."""
    rounds.finish(now=clock.now())
    return app


def problem_of(client, part: str) -> str:
    """Return what /readyz says of one part; the other parts are fine."""
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [name for name, found in answer.json.items() if not found.get("ok", True)] == [part]
    return answer.json[part]["problem"]


def test_all_is_well(fine, client):  # rule S4
    answer = client.get("/readyz")
    assert answer.status_code == 200
    parts = answer.json
    given_up = parts.pop("given_up")
    assert datetime.fromisoformat(parts.pop("last_round")["at"]) == Round.last_at()
    assert set(parts) == {"database", "worker", "mail", "till", "hook", "disk"}
    assert all(part == {"ok": True} for part in parts.values())
    assert given_up == {"mail": 0, "till": 0, "hook": 0}


def test_a_silent_worker_is_told(fine, client):  # rule S4
    rounds.finish(now=clock.now() - timedelta(seconds=125))
    assert problem_of(client, "worker").startswith("last round 12")
    Round.delete().execute()
    assert problem_of(client, "worker") == "no round of the worker yet"


def test_a_letter_that_waits_too_long_is_told(fine, client):  # rule S4
    a_case()
    for channel in Channel:
        Letter.update(channel=channel, due_at=clock.now() - timedelta(minutes=29)).execute()
        assert client.get("/readyz").status_code == 200
        Letter.update(due_at=clock.now() - timedelta(minutes=31)).execute()
        assert "30 minutes" in problem_of(client, channel)


def test_who_waits_behind_a_pausing_webhook_alarms_nobody(fine, client):  # rule S4
    then = clock.now() - timedelta(hours=3)
    for number in range(2):
        letters.write_to_machine(
            Channel.HOOK, "link.granted", f"k{number}", lane="hook:1", recipient="", now=then
        )
    Letter.update(due_at=clock.now() + timedelta(hours=1)).where(Letter.event_key == "k0").execute()
    assert client.get("/readyz").status_code == 200
    Letter.update(due_at=then).where(Letter.event_key == "k0").execute()
    assert "30 minutes" in problem_of(client, "hook")


def test_letters_that_were_given_up_are_named_and_stop_nobody(fine, client):  # rule S4
    a_case()
    Letter.update(due_at=None, gave_up_at=clock.now()).execute()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["given_up"]["mail"]) == (200, 1)


def test_a_full_disk_is_told(fine, client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**9, 10**9, 99 * 1024 * 1024))
    assert "only 99 MiB free" in problem_of(client, "disk")


def test_a_missing_migration_is_told(fine, client, monkeypatch):
    monkeypatch.setattr(machines.migrations, "pending", lambda _database: ["0002_more"])
    assert problem_of(client, "database") == "migrations missing: 0002_more"


def test_without_a_database_it_is_alive_but_not_ready(fine, client, monkeypatch):
    def away(*_args, **_values):
        raise OperationalError("away")

    monkeypatch.setattr(base.db.obj, "connection_context", away)
    monkeypatch.setattr(base.db.obj, "connect", away)
    assert client.get("/healthz").data == b"ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    broken = {name for name, part in answer.json.items() if not part.get("ok", True)}
    assert broken == {"database", "worker", "mail", "till", "hook"}
    assert answer.json["database"]["problem"] == "OperationalError"


def test_alive_asks_nobody(app, client):
    with counted() as queries:
        assert client.get("/healthz").status_code == 200
    assert len(queries) == 0


def test_the_figures_are_there(fine, client):  # rules S4, S5
    a_case()
    a_waiting_case()
    Letter.update(due_at=None, gave_up_at=clock.now()).where(Letter.event == "released").execute()
    link = an_active_link(now=clock.now() - timedelta(days=31))
    client.get("/healthz")
    with counted() as queries:
        answer = client.get("/metrics")
    figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert answer.mimetype == "text/plain"
    mails = Letter.select().where(Letter.due_at.is_null(False)).count()
    assert figures['portal_letters{channel="mail",state="due"}'] == f"{mails:.1f}"
    assert figures['portal_letters{channel="mail",state="given_up"}'] == "1.0"
    assert figures['portal_letters{channel="till",state="due"}'] == "0.0"
    assert figures['portal_links{state="active"}'] == "1.0"
    assert figures['portal_links_late{what="end"}'] == "1.0"
    assert figures['portal_links_late{what="warning"}'] == "0.0", "it is past its end"
    assert link.warn_at is not None
    assert figures['portal_open_cases{harm="decision"}'] == "1.0"
    assert figures['portal_open_cases{harm="cannot_cash"}'] == "0.0"
    assert float(figures['portal_requests_total{endpoint="machines.alive",status="200"}']) >= 1
    assert len(queries) <= 6, queries


def test_figures_name_no_case_and_nobody(fine, client):  # rule P1
    case = a_case()
    client.get(f"/cases/{case.number}")
    text = client.get("/metrics").text
    assert case.number not in text
    assert "@" not in text
