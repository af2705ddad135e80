"""Error pages: calm, in the visitor's language, and there even if the database is what failed."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import session
from peewee import OperationalError
from werkzeug.exceptions import TooManyRequests

from portal.models import base
from portal.web import context, errors
from tests.clients import page_of
from tests.pages import Page

PAGES = sorted(errors.PAGES)


@pytest.fixture
def away(app):
    """Let the database be away, for real: its file is gone, or nobody answers at its address."""
    opened = base.db.obj
    base.db.close_all()
    settings = app.config["PORTAL"]
    if urlsplit(settings.database).scheme == "sqlite":
        Path(settings.database.removeprefix("sqlite:///")).unlink()
    else:
        base.connect("postgresql://nobody@127.0.0.1:1/none")
    yield
    base.db.initialize(opened)


@pytest.mark.both_engines
def test_without_the_database_every_page_says_calmly_that_it_is_busy(client, away):
    for path in ("/", "/sign-in", "/privacy", "/report"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10"), path
        assert page_of(answer).headline == "Gerade ist das Portal überlastet"
    assert client.get("/no/such/page").status_code in (404, 503)  # what needs nothing is told without it
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("code", PAGES)
@pytest.mark.parametrize("is_away", [False, True])
def test_every_error_has_a_page_with_and_without_the_database(app, monkeypatch, code, is_away):
    def lost():
        raise OperationalError("gone")

    if is_away:
        monkeypatch.setattr(context, "operator", lost)
    with app.test_request_context("/cases", headers={"Cookie": ""}):
        answer = errors.answer(code, code)
    page = Page(answer.get_data(as_text=True))
    assert answer.status_code == code
    assert page.headline
    assert page.faults == []
    assert not is_away or "JoeCash" not in page.text


@pytest.mark.parametrize("code", PAGES)
def test_every_error_is_told_in_the_visitors_language(app, monkeypatch, code):  # rule P5
    def lost():
        raise OperationalError("gone")

    monkeypatch.setattr(context, "operator", lost)
    with app.test_request_context("/cases"):
        session["language"] = "en"
        answer = errors.answer(code, code)
    assert '<html lang="en">' in answer.get_data(as_text=True)


def test_how_long_to_wait_is_told_in_the_header_and_in_words(own_app):
    @own_app.get("/too-often")
    def too_often():
        raise TooManyRequests(retry_after=200)

    answer = own_app.test_client().get("/too-often")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "200")
    assert "In 4 Minuten geht es weiter." in page_of(answer).text


def test_an_unforeseen_fault_shows_nothing_of_itself(own_app):
    @own_app.get("/broken")
    def broken():
        raise RuntimeError("the secret inside")

    answer = own_app.test_client().get("/broken")
    assert answer.status_code == 500
    assert page_of(answer).headline == "Hier ist uns ein Fehler passiert"
    assert "secret inside" not in answer.text
