"""The operator's logo stands on every page, and is nothing but a picture."""

from io import BytesIO

import pytest

from portal.models import History, Logo, Operator
from tests import builders as build
from tests.clients import page_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="evil()"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def admin(client, sign_in):
    build.an_operator()
    sign_in(client, build.an_admin())
    return client


def send(client, content, name="logo.svg", do="save"):
    form = client.get("/staff/operator")
    file = (BytesIO(content), name) if name else (BytesIO(b""), "")
    return client.send(
        form,
        {"logo": file},
        form="/staff/operator/logo",
        button=("do", do),
        content_type="multipart/form-data",
    )


def test_a_logo_stands_on_every_page_at_once_and_goes_again(admin, app):
    assert send(admin, SVG).status_code == 200
    start = app.test_client().get("/")
    address = f"/logo/{Operator.current().logo}"
    assert address in start.text
    picture = admin.get(address)
    assert picture.mimetype == "image/svg+xml"
    assert b"evil" not in picture.data
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert "immutable" in picture.headers["Cache-Control"]
    send(admin, b"", "", do="remove")
    assert address not in app.test_client().get("/").text
    assert admin.get(address).status_code == 404
    assert not Logo.select().exists()
    assert [row.what for row in History.select().where(History.what == "change_logo")] == ["change_logo"] * 2


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "", "wählen Sie eine Datei"),
        (b"<html></html>", "x.svg", "kein Logo"),
        (b"\x89PNG\r\n\x1a\nx", "x.png", "lässt sich nicht öffnen"),
        (SVG.replace(b"path", b"use"), "x.svg", "bliebe nichts zu sehen"),
        (b"x" * 400_000, "x.svg", "zu groß"),
    ],
)
def test_what_is_no_logo_is_told_at_the_field(admin, content, name, said):
    answer = send(admin, content, name)
    assert answer.status_code == 422
    assert said in page_of(answer).text
    assert Operator.current().logo == ""


def test_only_admins_change_the_logo(client, sign_in, app):
    sign_in(client, build.a_staff_member())
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/staff/operator/logo", data={"do": "remove"}).status_code == 404
