"""Garbage, a full disk, a locked database, a killed server: clear answers, and nothing half done."""

import errno
import io
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from PIL import Image

from portal.models import Attachment, Case, Draft, History, Letter, base
from portal.outside import clock, files
from portal.web import sizes
from tests import builders
from tests.clients import PageClient
from tests.faults.people import signed_in, with_report
from tests.journeys.places import Place, all_places
from tests.pages import Form, Page
from tests.servers import Server

GARBAGE = [
    "", " ", "\x00", "a\x00b", "\ud800", "{{7*7}}", "💥" * 40, "x" * 100_000, "-1", "1e309", "NaN", "0",
    "9" * 30, str(2**31), str(2**63), "²", "٣", "1;DROP TABLE case", "' OR 1=1 --",
    "<script>alert(1)</script>",
    "%00%ff%", "../../etc/passwd", "//evil.example", "https://evil.example/\r\nX: y", "\u202egnp.exe",
    "0000-00-00", "9999-12-31", "2026-02-30", "25:61", "0001-01-01T00:00:00+99:00", "R26-000-001-9",
    "10_2026-01-01T00:00:00+00:00_1_5", "99999999999_0001-01-01T00:00:00+14:00_1_99999999999999999999",
    b"\xff\xfe\x00\x80".decode("latin-1"), "A\u0300" * 500, "\u2028\ufeff",
]  # fmt: skip
PARAMETERS = ("next", "back", "after", "before", "q", "number", "device", "seen", "at", "page", "name")
LEFT_OUT = {"public.sign_out", "static"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def places(app: Flask, app_settings: dict) -> list[Place]:
    """Fill the database, and return all kinds of pages."""
    with app.test_request_context():
        return all_places(app, app_settings["photos"])


def visit(app: Flask, place: Place) -> PageClient:
    """Return a browser with the cookie of whoever looks at the place."""
    client = app.test_client()
    if place.cookie:
        client.set_cookie("portal", place.cookie)
    return client


def test_garbage_in_any_field_of_any_form_is_answered(app: Flask, places: list[Place], engine: str):
    chance, sent = random.Random(engine), 0  # another choice on each engine
    for place in places:
        client = visit(app, place)
        page = Page(client.get(place.path).get_data(as_text=True))
        for form in page.forms:
            if form.method != "post" or "/sign-out" in form.action:
                continue
            for name in sorted(form.names - {"csrf_token"}):
                _send(client, place, form, {name: chance.choice(GARBAGE)})
                sent += 1
            _send(client, place, form, {name: chance.choice(GARBAGE) for name in form.names - {"csrf_token"}})
    assert sent > 200


def _send(client: PageClient, place: Place, form: Form, values: dict[str, str]) -> None:
    data: dict[str, list] = {}
    for name, value in form.fields:
        data.setdefault(name, []).append(value)
    for name, value in values.items():
        data[name] = (
            [(io.BytesIO(value.encode("utf-8", "replace")), "a.jpg")] if name == "photos" else [_byte(value)]
        )
    if form.buttons:
        data[form.buttons[0][0]] = [form.buttons[0][1]]
    answer = client.post(form.action or place.path, data=data)
    assert answer.status_code < 500, f"{place.name}: {form.action} with {_shown(values)}"


def _byte(value: str) -> str:
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _shown(values: dict[str, str]) -> dict[str, str]:
    return {name: ascii(value)[:60] for name, value in values.items()}


def test_garbage_in_any_address_and_parameter_is_answered(app: Flask, places: list[Place], engine: str):
    chance = random.Random(engine)
    known = [place for place in places if place.name in ("owner-cases", "staff-queue")]
    people = [app.test_client(), *(visit(app, place) for place in known)]
    tokens = {client: _token(client) for client in people}  # without it no view sees what is posted
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEFT_OUT:
            continue
        for _ in range(2):
            path = re.sub(r"<[^>]+>", lambda _: _in_path(chance.choice(GARBAGE)), rule.rule)
            query = {name: _byte(chance.choice(GARBAGE)) for name in PARAMETERS}
            for client, token in tokens.items():
                method = chance.choice(sorted(rule.methods & {"GET", "POST"}))
                sent = {"csrf_token": token} if method == "POST" else None
                answer = client.open(path, method=method, query_string=query, data=sent)
                assert answer.status_code < 500 or rule.endpoint == "machines.ready", (
                    f"{method} {path!a} {query}"
                )
                assert urlsplit(answer.headers.get("Location", "")).netloc in ("", "localhost"), path
    for client, place in zip(people[1:], known, strict=True):
        assert client.get(place.path).status_code == 200  # and nobody was signed out on the way


def _token(client: PageClient) -> str:
    return TOKEN.search(client.get("/help").text)[1]


def _in_path(value: str) -> str:
    return quote(value[:300].encode("utf-8", "replace"), safe="") or "x"


@pytest.mark.parametrize(
    "path", ["/staff/cases/{}", "/cases/{}", "/links/{}", "/staff/links/{}", "/l/{}", "/report/{}"]
)
def test_ids_that_cannot_be_are_not_found(app: Flask, sign_in: Callable, path: str):
    client = app.test_client()
    if path.startswith("/staff"):
        sign_in(client, builders.a_staff_member())
    elif not path.startswith(("/l/", "/report")):
        sign_in(client, builders.an_owner())
    for odd in (
        "0",
        "-1",
        str(2**31),
        str(2**63),
        str(2**64),
        "9" * 400,
        "٣",
        "1.0",
        "1e3",
        "%00",
        "ä",
        "None",
    ):
        assert client.get(path.format(odd)).status_code == 404, odd


def test_a_form_without_its_token_is_refused_on_a_page(client: PageClient):
    answer = client.post("/report")
    assert answer.status_code == 400
    assert "konnten wir nicht lesen" in answer.text


def test_a_body_that_is_too_large_is_refused_on_a_page(client: PageClient):
    token = TOKEN.search(client.get("/sign-in").text)[1]
    large = client.post("/sign-in", data={"csrf_token": token, "email": "x" * sizes.FORM})
    assert large.status_code == 413
    assert "zu groß" in large.text
    many = client.post("/sign-in", data={"csrf_token": token, **{f"field-{n}": "x" for n in range(2_000)}},
                       content_type="multipart/form-data")  # fmt: skip
    assert many.status_code == 413


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite wait for a lock for a moment only, instead of ten seconds."""
    monkeypatch.setitem(base.SQLITE_PRAGMAS, "busy_timeout", 200)


HOLD = """import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()"""


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_locked_database_says_come_again(impatient: None, app: Flask, database_url: str):
    client = app.test_client()
    page = client.get("/report")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, database_url.removeprefix("sqlite:///")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        answer = client.send(page, form="/report")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "Warten Sie" in answer.text
        assert client.get("/").status_code == 200  # who only reads is not held up
        holder.communicate()
    assert client.send(page, form="/report").status_code == 200
    assert Draft.select().count() == 1


@pytest.fixture
def full_disk(tmp_path: Path, app_settings: dict, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the photos' folder on a disk with room for 16 KiB; simulate one where mounting is not allowed."""
    folder = tmp_path / "full"
    folder.mkdir()
    app_settings["photos"] = folder
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if not mounted:
        monkeypatch.setattr(files.os, "fsync", _no_space)
    yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def _no_space(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_the_photo_and_nothing_else(full_disk: Path, app: Flask, sign_in: Callable):
    client, device = app.test_client(), builders.a_device()
    owner = builders.an_owner(device.salon.customer)
    sign_in(client, owner)
    _, key = builders.a_draft(device, owner, clock.now())
    with client.session_transaction() as session:
        session["draft"] = key
    noise = Image.frombytes("RGB", (400, 400), random.Random(1).randbytes(400 * 400 * 3))
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=95)
    typed = {
        "text": "Er startet nicht, das steht noch da.",
        "photos": (io.BytesIO(file.getvalue()), "kasse.jpg"),
    }
    answer = client.send(
        client.get("/report/fault"), typed, form="/report/fault", content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "„kasse.jpg“ konnten wir gerade nicht speichern" in answer.text
    assert "das steht noch da" in answer.text
    assert list(full_disk.iterdir()) == []
    assert Attachment.select().count() == 0
    typed["photos"] = (io.BytesIO(), "")
    again = client.send(answer, typed, form="/report/fault", content_type="multipart/form-data")
    assert again.status_code == 200
    assert again.request.path != "/report/fault"


def test_a_server_killed_while_sending_leaves_no_half_case(live_server: Server, database):  # rule S3
    senders = {}
    for _ in range(10):
        device = builders.a_device(purchased_on=(clock.now() - timedelta(days=90)).date())
        owner = builders.an_owner(device.salon.customer)
        draft, key = builders.a_draft(device, owner, clock.now())
        senders[draft.id] = with_report(signed_in(live_server.address, owner), key)
    with ThreadPoolExecutor(len(senders)) as pool:
        under_way = [pool.submit(sender.post, "/report/send") for sender in senders.values()]
        next(iter(under_way)).result()
        live_server.kill()
        for one in under_way:
            with suppress(OSError, ValueError):
                one.result()
    for draft in senders:
        _is_whole(draft)
    live_server.restart()
    answers = [sender.post("/report/send") for sender in senders.values()]
    assert {answer.status for answer in answers} == {303}
    assert Case.select().count() == len(senders)
    for draft in senders:
        assert _is_whole(draft)


def _is_whole(draft: int) -> bool:
    """Fail if the report is half a case; tell whether it is one."""
    is_sent = Draft.get_by_id(draft).sent_at is not None
    found = list(Case.select().where(Case.draft == draft))
    assert len(found) == int(is_sent)
    for case in found:
        assert sorted(row.what for row in History.of_case(case)) == ["release", "submit"]
        assert [letter.event for letter in Letter.select().where(Letter.case == case)] == ["released"]
    return is_sent
