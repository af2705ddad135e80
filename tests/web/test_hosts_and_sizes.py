"""Under which names and with how much may somebody come, and what is said when it is the wrong one?"""

import io
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.config import LOOPBACK, BadSettings, Settings, from_environment
from portal.web import hosts, sizes
from portal.web.access import safe_next
from tests import builders as build
from tests.clients import find_form, page_of

FORGED = (
    "evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "localhost@evil.example",
    "127.0.0.1",
    "",
)


@pytest.mark.parametrize("host", FORGED)
def test_a_forged_host_is_refused_calmly_and_reaches_nothing(in_earnest, client, host):
    answer = client.get("/sign-in", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
    assert page_of(answer).headline == "Das konnten wir nicht lesen"
    assert "evil" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    machine = client.get("/api/v1/links", environ_overrides={"HTTP_HOST": host})
    assert (machine.status_code, machine.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_may_come_by_any_name(in_earnest, client, path):
    assert client.get(path, environ_overrides={"HTTP_HOST": "10.0.0.7:8000"}).status_code != 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8123", "zweit.example", "[2001:db8::1]:8000"])
def test_the_names_of_the_settings_are_known_on_any_port(in_earnest, app_settings, request, host):
    app_settings["hosts"] = "zweit.example, 2001:db8::1"
    client = request.getfixturevalue("client")
    assert client.get("/sign-in", environ_overrides={"HTTP_HOST": host}).status_code == 200


def test_a_demo_answers_at_home_under_each_of_its_names():
    assert Settings(demo=True, url="http://box.example").known_hosts >= LOOPBACK
    assert Settings(url="https://box.example").known_hosts == {"box.example"}


@pytest.mark.parametrize(
    "hosts", ["*", "a b", "https://x.example", "x.example:80", "x.example/", ".x.example"]
)
def test_names_that_are_none_stop_the_start(hosts):
    with pytest.raises(BadSettings, match="PORTAL_HOSTS"):
        from_environment({"PORTAL_SECRET": "x" * 40, "PORTAL_HOSTS": hosts})


@pytest.mark.parametrize("proxies", [0, 1])
def test_what_strangers_say_of_proxies_counts_only_where_one_was_announced(app_settings, request, proxies):
    app_settings.update(proxies=proxies, hosts="proxied.example")
    app = request.getfixturevalue("own_app")
    seen = {}

    @app.get("/who")
    def who():
        from flask import request as now

        seen.update(address=now.remote_addr, host=now.host, scheme=now.scheme)
        return "ok"

    said = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "proxied.example",
        "X-Forwarded-Proto": "https",
    }
    app.test_client().get("/who", headers=said)
    believed = {"address": "203.0.113.9", "host": "proxied.example", "scheme": "https"}
    assert seen == (believed if proxies else {"address": "127.0.0.1", "host": "localhost", "scheme": "http"})


@given(st.text(max_size=40))
@example("localhost")
@example("[::1")
@example("a@b:c")
def test_any_text_may_stand_as_host(text):
    assert hosts.name_of(text) == "" or "@" not in text


PIECES = st.one_of(
    st.sampled_from(["//", "evil.example", "cases", "%2f", "%5c", "%09", "http:", "https://", "javascript:"]),
    st.sampled_from("/\\?#@:.\t\n\r\x00 ；／é\u2028"),
)


@given(st.lists(PIECES, max_size=8).map("".join))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("/cases/../..//evil.example")
@example("https://evil.example")
@example("%2f%2fevil.example")
def test_next_never_leads_to_another_host(target):
    found = safe_next(target)
    if found is None:
        return
    # as browsers read it: they drop tabs and line ends, and take a backslash for a slash
    read = "".join(one for one in found if one not in "\t\r\n").strip().replace("\\", "/")
    assert read.startswith("/")
    assert not read.startswith("//")
    assert urlsplit(read).netloc == ""


def test_a_form_takes_little_and_photos_take_much(client):
    page = client.get("/sign-in")
    large = client.send(page, {"email": "x" * (sizes.FORM + 10)}, form="/sign-in")
    assert large.status_code == 413
    assert "in dieses Formular" in page_of(large).text


def test_what_the_limits_name_is_there(app):
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {kind.partition(":")[0] for kind in sizes.LARGER} <= known


@pytest.mark.parametrize(("question", "status"), [("fault", 303), ("device", 413), ("no-such-page", 413)])
def test_of_the_report_only_the_page_with_photos_takes_much(client, monkeypatch, question, status):
    monkeypatch.setattr(sizes, "FORM", 5_000)
    token = dict(find_form(client.page("/help"), {}, "/language").fields)["csrf_token"]
    sent = {"csrf_token": token, "photos": (io.BytesIO(bytes(6_000)), "a.jpg")}
    assert client.post(f"/report/{question}", data=sent).status_code == status


def test_too_much_at_once_is_said_in_the_words_of_what_it_was(client, staff, monkeypatch):
    monkeypatch.setitem(sizes.LARGER, "staff.add_photos", 10_000)
    case = build.a_case()
    token = dict(find_form(client.page("/staff/"), {}, "/sign-out").fields)["csrf_token"]
    sent = {"csrf_token": token, "photos": (io.BytesIO(bytes(10_001)), "a.jpg")}
    answer = client.post(f"/staff/cases/{case.number}/parcel/photos", data=sent)
    assert answer.status_code == 413
    assert "Fotos sind zusammen zu groß" in page_of(answer).text
