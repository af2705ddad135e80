"""How does a webhook leave the house, and where does none go?"""

import socket
import threading
import time
from datetime import UTC, datetime
from functools import partial

import pytest

from portal.outside import calls, hooks
from portal.outside.calls import Limits
from portal.outside.hooks import HookAway, HookRefused, clean_url
from tests.engines import PATIENCE, free_port
from tests.tills import SECRET

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BODY = {"type": "link.activated", "timestamp": NOW.isoformat(), "data": {"id": 7, "salon": "Möller"}}
PATIENT = Limits(connect=PATIENCE, whole=PATIENCE)
post = partial(hooks.post, secret=SECRET, id="h1", at=NOW, body=BODY, allow_private=True, limits=PATIENT)
post_in_haste = partial(post, limits=Limits(connect=1.0, whole=1.0))  # to somebody who does not answer


def pretend(monkeypatch, **names):
    """Let host names stand for these addresses, and write down which are looked up."""
    asked = []
    really = socket.getaddrinfo

    def look_up(host, port, *numbers, **options):
        if host.startswith("127."):  # the socket's own look at what is a number already
            return really(host, port, *numbers, **options)
        asked.append(host)
        if host not in names:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in names[host]]

    monkeypatch.setattr(calls.socket, "getaddrinfo", look_up)
    return asked


def test_a_webhook_arrives_signed_and_whole(hook_server):
    post(hook_server.url)
    (request,) = hook_server.taken
    assert (request.method, request.path, request.key) == ("POST", "/hook", "h1")
    assert request.headers["content-type"] == "application/json"
    assert request.said == BODY


def test_a_receiver_with_another_secret_does_not_take_it(hook_server):
    hook_server.secret = "whsec_" + "A" * 40
    with pytest.raises(HookAway, match="401"):
        post(hook_server.url)
    assert hook_server.taken == []


@pytest.mark.parametrize("status", [300, 400, 401, 404, 409, 429, 500, 503])
def test_what_was_not_taken_is_tried_again(hook_server, status):
    hook_server.fail(status)
    with pytest.raises(HookAway, match=str(status)):
        post(hook_server.url)
    post(hook_server.url)
    assert [request.key for request in hook_server.requests] == ["h1", "h1"]


def test_gone_is_for_good(hook_server):
    hook_server.fail(410)
    with pytest.raises(HookRefused) as refused:
        post(hook_server.url)
    assert refused.value.is_gone


def test_a_redirect_is_not_followed(hook_server):
    hook_server.redirect(f"{hook_server.address}/elsewhere")
    with pytest.raises(HookAway, match="307"):
        post(hook_server.url)
    assert [request.path for request in hook_server.requests] == ["/hook"]


@pytest.mark.parametrize("trick", ["hang", "drip", "die_before_answering", "die_before_doing"])
def test_a_receiver_that_gives_no_answer_is_tried_again_soon(hook_server, trick):
    getattr(hook_server, trick)()
    began = time.monotonic()
    with pytest.raises(HookAway):
        post_in_haste(hook_server.url)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("trick", ["break_off", "answer_twice"])
def test_the_status_line_is_enough(hook_server, trick):
    getattr(hook_server, trick)()
    post(hook_server.url)
    assert hook_server.types == ["link.activated"]


def test_an_endless_answer_is_not_read(hook_server):
    hook_server.garbage(b"x" * 5_000_000)
    post(hook_server.url)


def test_a_receiver_that_is_down_is_away_until_it_comes_back(hook_server):
    hook_server.stop()
    with pytest.raises(HookAway, match="ConnectError"):
        post(hook_server.url)
    hook_server.start()
    post(hook_server.url)
    assert hook_server.types == ["link.activated"]


def test_nobody_listening_at_all_ends_in_time():
    with socket.create_server(("127.0.0.1", free_port()), backlog=0) as silent:
        began = time.monotonic()
        with pytest.raises(HookAway):
            post_in_haste(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert time.monotonic() - began < PATIENCE


def test_an_encrypted_talk_with_a_silent_server_ends_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(HookAway):
        post_in_haste(f"https://127.0.0.1:{silent.getsockname()[1]}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://name:geheim@hooks.example/",
        "https://hooks.example:0/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y",
        "https://hooks-köln.example/",
        "https://hooks.example/#part",
    ],
)
def test_an_address_that_cannot_be_called_is_refused(url):
    with pytest.raises(ValueError):
        clean_url(url)
    with pytest.raises(HookRefused):
        post(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",  # 127.0.0.1 as one number
        "0x7f.1",
        "0",
        "10.1.2.3",
        "192.168.178.1",
        "172.16.0.1",
        "169.254.169.254",  # where clouds keep secrets
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_no_webhook_goes_into_the_own_network(host):
    with pytest.raises(HookRefused, match="private network"):
        post(f"http://{host}:9/", allow_private=False)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    pretend(monkeypatch, **{"hooks.example": ["93.184.216.34", "127.0.0.1"]})
    with pytest.raises(HookRefused, match="private network"):
        post("http://hooks.example/", allow_private=False)


def test_the_address_that_was_looked_at_is_the_one_that_is_called(hook_server, monkeypatch):
    asked = pretend(monkeypatch, **{"hooks.example": ["127.0.0.1"]})
    monkeypatch.setattr(calls, "is_public", lambda address: address == "127.0.0.1")
    post(f"http://hooks.example:{hook_server.port}/hook", allow_private=False)
    assert asked == ["hooks.example"]  # a second look-up could be answered with another address
    assert hook_server.requests[0].headers["host"] == f"hooks.example:{hook_server.port}"


def test_the_next_address_is_tried_when_the_first_is_dead(hook_server, monkeypatch):
    pretend(monkeypatch, **{"hooks.example": ["127.0.0.2", "127.0.0.1"]})
    post(f"http://hooks.example:{hook_server.port}/hook")
    assert len(hook_server.taken) == 1


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".example"])
def test_a_name_without_address_is_tried_again(monkeypatch, host):
    pretend(monkeypatch)
    with pytest.raises(HookAway):
        post(f"https://{host}/")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_may_be_called(address):
    assert calls.is_public(address)


def test_a_proxy_of_the_environment_is_not_asked(hook_server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    post(hook_server.url)
    assert len(hook_server.taken) == 1


def test_what_hangs_does_its_work_when_let_go(hook_server):
    hook_server.hang()
    thread = threading.Thread(target=post, args=[hook_server.url])
    thread.start()
    assert hook_server.hangs.wait(PATIENCE)
    assert hook_server.taken == []
    hook_server.release()
    thread.join(PATIENCE)
    assert len(hook_server.taken) == 1
