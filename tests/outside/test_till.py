"""Which till's address may an owner's browser be sent to, and what does its back end do and say?"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openapi_spec_validator
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from portal.outside import calls, signatures, till
from portal.outside.calls import Limits
from portal.outside.till import MAX_LENGTH, Till, TillAway, TillRefused, clean_address
from tests.engines import PATIENCE
from tests.tills import SECRET

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "https://kasse.beispiel.de",
        "http://192.168.2.10:8080/till?salon=7#start",
        "https://[2001:db8::7]/",
        "https://kasse-köln.de/ä",
        "https://kasse.beispiel.de./",
    ],
)
def test_a_web_address_is_kept_as_it_is(address):  # rule L9
    assert clean_address(f"  {address}\n") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kasse.beispiel.de",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://kasse.beispiel.de",
        "//kasse.beispiel.de",
        "https://",
        "https:///pfad",
        "https://...",
        "https://name:geheim@kasse.beispiel.de",
        "https://kasse.beispiel.de@boese.example",
        "https://kasse.beispiel.de:99999",
        "https://kasse.beispiel.de:0",
        "https://kasse.beispiel.de:abc",
        "https://kasse.beispiel.de/\r\nSet-Cookie: a=b",
        "https://kasse beispiel.de",
        "https://kasse.beispiel.de\\@boese.example",
        "https://kasse.beispiel.de/\u202egnp.exe",
        "https://[kaputt/",
        "https://kasse.beispiel.de/" + "a" * MAX_LENGTH,
    ],
)
def test_anything_else_is_refused(address):  # rule L9
    with pytest.raises(ValueError):
        clean_address(address)


# What follows is the vendor's back end over HTTP, asked by the real client.


def http(server, **limits):
    return till.Http(
        server.address, SECRET, limits=Limits(**{"connect": PATIENCE, "whole": PATIENCE, **limits})
    )


def create(server, link="17", *, key="k1", mode="view_only", **limits):
    asked = {"device_serial": "KS-4711", "backup_at": NOW - timedelta(hours=2), "days": 30}
    return http(server, **limits).create(link, mode=mode, key=key, at=NOW, **asked)


def test_without_an_address_it_is_done_by_hand():
    assert till.provider_for("", "") is None
    assert isinstance(till.provider_for("https://kasse.example/portal", SECRET), till.Http)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("kasse.example", SECRET),
        ("https://name:geheim@kasse.example", SECRET),
        ("https://kasse.example/?a=b", SECRET),
        ("https://kasse-köln.example", SECRET),
        ("https://kasse.example", "geheim"),
        ("https://kasse.example", ""),
    ],
)
def test_a_back_end_needs_an_address_and_a_secret_that_can_be_used(url, secret):
    with pytest.raises(ValueError):
        till.provider_for(url, secret)


@pytest.mark.parametrize(("mode", "state"), [("full", "open"), ("view_only", "locked")])
def test_a_new_till_stands_as_the_link_was_granted(till_server, mode, state):  # rules L4, L5
    made = create(till_server, mode=mode)
    assert made == Till("T-1", f"{till_server.address}/till/T-1")
    assert till_server.state("17") == state


def test_the_whole_life_of_a_till(till_server):  # rules L5, L6, L11
    create(till_server)
    back_end = http(till_server)
    back_end.unlock("17", key="k2", at=NOW)
    back_end.lock("17", key="k3", at=NOW)
    back_end.delete("17", key="k4", at=NOW)
    assert [deed for deed, _ in till_server.deeds] == ["create", "unlock", "lock", "delete"]
    assert till_server.state("17") == "gone"
    assert all(request.is_signed for request in till_server.requests)
    assert [request.headers["idempotency-key"] for request in till_server.requests] == [
        "k1",
        "k2",
        "k3",
        "k4",
    ]


def test_the_same_key_is_one_deed_however_often_it_is_asked(till_server):
    assert create(till_server) == create(till_server) == create(till_server)
    assert till_server.count("create") == 1
    assert len(till_server.requests) == 3


def test_two_at_once_make_one_till(till_server):
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: create(till_server), range(4)))
    assert len(made) == 1
    assert till_server.count("create", "17") == 1


def test_a_deleted_link_gets_no_till_again(till_server):  # rule L3
    create(till_server)
    http(till_server).delete("17", key="k2", at=NOW)
    with pytest.raises(TillRefused, match="link_ended"):
        create(till_server, key="k3")


def test_deleting_what_is_gone_or_never_was_is_done(till_server):
    back_end = http(till_server)
    back_end.delete("17", key="k1", at=NOW)
    back_end.delete("17", key="k2", at=NOW)
    assert till_server.count("delete") == 0
    with pytest.raises(TillRefused):
        create(till_server, key="k3")


@pytest.mark.parametrize("status", [200, 204, 404, 410])
def test_a_page_of_somebody_else_deletes_nothing(till_server, status):  # rule L11a
    create(till_server)
    till_server.garbage(b"" if status == 204 else b"<h1>Not found</h1>", status=status)
    with pytest.raises(TillAway) as away:
        http(till_server).delete("17", key="k2", at=NOW)
    assert not away.value.is_away
    assert till_server.state("17") == "locked"


def test_a_wrong_address_confirms_nothing(till_server):
    elsewhere = till.Http(f"{till_server.address}/wrong", SECRET)
    with pytest.raises(TillAway):
        elsewhere.delete("17", key="k1", at=NOW)


def test_unlocking_an_unknown_till_is_refused(till_server):
    with pytest.raises(TillRefused, match=r"HTTP 404 unknown_link There is no till for this link"):
        http(till_server).unlock("17", key="k1", at=NOW)


def test_another_secret_is_refused(till_server):
    till_server.secret = "whsec_" + "A" * 40
    with pytest.raises(TillRefused, match="bad_signature"):
        create(till_server)
    assert till_server.deeds == []


@pytest.mark.parametrize(
    ("status", "said", "is_away"),
    [
        (408, {}, False),
        (409, {"code": "in_progress"}, False),
        (425, {}, False),
        (429, {}, True),
        (500, {"problem": "Stack overflow"}, False),
        (501, {}, False),
        (502, {}, True),
        (503, {}, True),
        (504, {}, True),
    ],
)
def test_what_passes_is_asked_again_with_the_same_key(till_server, status, said, is_away):
    till_server.fail(status, **said)
    with pytest.raises(TillAway, match=str(status)) as away:
        create(till_server)
    assert away.value.is_away is is_away
    assert create(till_server).id == "T-1"
    assert {request.key for request in till_server.requests} == {"k1"}


@pytest.mark.parametrize("status", [400, 401, 403, 405, 409, 422])
def test_what_is_final_is_refused_in_the_back_ends_own_words(till_server, status):
    till_server.fail(status, code="no_backup", problem="Für dieses Gerät gibt es\nkeine Sicherung")
    with pytest.raises(
        TillRefused, match=f"HTTP {status} no_backup Für dieses Gerät gibt es keine Sicherung"
    ):
        create(till_server)


def test_long_and_strange_words_are_cut(till_server):
    till_server.fail(400, code="x", problem="\x00\x1b[2J\u202e" + "ä" * 5000)
    with pytest.raises(TillRefused) as refused:
        create(till_server)
    assert len(str(refused.value)) == 300
    assert str(refused.value).isprintable()


def test_a_redirect_is_not_followed(till_server):
    till_server.redirect(f"{till_server.address}/deeds")
    with pytest.raises(TillAway, match="307"):
        create(till_server)
    assert len(till_server.requests) == 1


@pytest.mark.parametrize("trick", ["hang", "drip", "break_off", "die_before_answering", "die_before_doing"])
def test_a_deed_without_an_answer_is_done_once_when_asked_again(till_server, trick):
    getattr(till_server, trick)()
    began = time.monotonic()
    with pytest.raises(TillAway) as away:
        create(till_server, **({"whole": 1.0} if trick in ("hang", "drip") else {}))
    assert time.monotonic() - began < PATIENCE
    assert away.value.is_away
    assert away.value.midway
    till_server.release()
    assert create(till_server).id == "T-1"
    assert till_server.count("create") == 1


def test_an_answer_given_twice_is_one_answer(till_server):
    till_server.answer_twice()
    assert create(till_server).id == "T-1"


def test_a_back_end_that_was_down_still_knows_its_tills(till_server):
    made = create(till_server)
    till_server.stop()
    with pytest.raises(TillAway) as away:
        create(till_server)
    assert away.value.is_away
    assert not away.value.midway
    till_server.start()
    assert create(till_server) == made
    assert till_server.count("create") == 1


def test_a_back_end_that_dies_while_it_hangs_has_done_nothing(till_server):
    till_server.hang()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(create, till_server)
        assert till_server.hangs.wait(PATIENCE)
        till_server.stop()
        with pytest.raises(TillAway):
            asked.result(PATIENCE)
    till_server.start()
    assert till_server.deeds == []
    create(till_server)
    assert till_server.count("create") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"open"',
        b"{",
        b"[" * 60_000,
        b"\xff\xfe",
        b"x" * 100_000,
        b'{"state": "locked"}',
        b'{"id": "T-1", "state": "locked"}',
        b'{"id": 7, "address": "https://kasse.example", "state": "locked"}',
        b'{"id": "", "address": "https://kasse.example", "state": "locked"}',
        b'{"id": "a\\nb", "address": "https://kasse.example", "state": "locked"}',
        b'{"id": "T-1", "address": "javascript:alert(1)", "state": "locked"}',
        b'{"id": "T-1", "address": "https://a:b@kasse.example", "state": "locked"}',
        b'{"id": "T-1", "address": "https://kasse.example"}',
        b'{"id": "T-1", "address": "https://kasse.example", "state": "open"}',  # asked for: view-only (L5)
    ],
)
def test_an_answer_that_is_none_gives_no_till(till_server, content):
    till_server.garbage(content)
    with pytest.raises(TillAway):
        create(till_server)
    assert create(till_server).id == "T-1"


def test_a_right_answer_that_is_far_too_long_is_not_read(till_server):
    said = b'{"id": "T-1", "address": "https://kasse.example", "state": "locked", "more": "' + b"x" * 100_000
    till_server.garbage(said + b'"}', status=201)
    with pytest.raises(TillAway, match="more than 65536 bytes"):
        create(till_server)


def test_an_unlocked_till_that_says_locked_is_not_unlocked(till_server):  # rule L6
    create(till_server)
    till_server.garbage(b'{"state": "locked"}')
    with pytest.raises(TillAway, match="not open"):
        http(till_server).unlock("17", key="k2", at=NOW)


def test_a_till_in_the_clear_behind_an_encrypted_back_end_is_no_till(monkeypatch):
    def answer(*_args, **_options):
        return calls.Answer(201, b'{"id": "T-1", "address": "http://kasse.example", "state": "open"}')

    monkeypatch.setattr(calls, "post", answer)
    asked = {"device_serial": "KS-4711", "backup_at": None, "days": 30, "key": "k1", "at": NOW}
    with pytest.raises(TillAway, match="https"):
        till.Http("https://kasse.example", SECRET).create("17", mode="full", **asked)
    assert till.Http("http://kasse.example", SECRET).create("17", mode="full", **asked).id == "T-1"


# What is said is what docs/link-provider.openapi.yaml describes.

CONTRACT = yaml.safe_load((DOCS / "link-provider.openapi.yaml").read_text(encoding="utf-8"))
HEARD = CONTRACT["paths"]["/deeds"]["post"]


def matches(name, said):
    """Fail unless this is what the contract calls by that name."""
    schema = {**CONTRACT["components"]["schemas"][name], "components": CONTRACT["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(said)


def test_the_contract_is_valid_openapi():
    openapi_spec_validator.validate(CONTRACT)


def test_every_example_in_the_contract_is_true_to_it():
    examples = [
        one["value"] for one in HEARD["requestBody"]["content"]["application/json"]["examples"].values()
    ]
    for said in examples:
        matches("Deed", said)
    for status, name in (("200", "Till"), ("201", "NewTill")):
        for one in HEARD["responses"][status]["content"]["application/json"]["examples"].values():
            matches(name, one["value"])


def test_the_portal_asks_and_the_back_end_answers_as_the_contract_says(till_server):
    create(till_server)
    asked = {"device_serial": "", "backup_at": None, "days": 1, "key": "k5", "at": NOW}
    http(till_server).create("18", mode="full", **asked)
    for deed in ("unlock", "lock", "delete"):
        getattr(http(till_server), deed)("17", key=f"{deed}-1", at=NOW)
    told = {one["$ref"].rsplit("/", 1)[-1] for one in HEARD["parameters"]}
    headers = [CONTRACT["components"]["parameters"][name] for name in told]
    for request in till_server.requests:
        assert (request.method.lower(), request.path) in {("post", path) for path in CONTRACT["paths"]}
        assert request.headers["content-type"] == "application/json"
        matches("Deed", request.said)
        for header in headers:
            Draft202012Validator(header["schema"]).validate(request.headers[header["name"]])
        status, said = till_server.do(request)
        matches({200: "Till", 201: "NewTill"}[status], said)


@pytest.mark.parametrize("missing", ["deed", "link", "mode", "device_serial", "backup_at", "days"])
def test_the_contract_notices_what_is_missing(till_server, missing):
    create(till_server)
    said = till_server.requests[0].said
    del said[missing]
    with pytest.raises(ValidationError):
        matches("Deed", said)


def test_the_signature_worked_through_in_the_document_is_right():
    text = (DOCS / "link-provider.md").read_text(encoding="utf-8")
    secret = re.search(r"with secret `(\S+)`", text)[1]
    lines = text.partition("Worked through")[2].splitlines()
    told = dict(re.findall(r"^    (webhook-\w+):\s+(\S+)$", text, re.MULTILINE))
    body = next(line.strip() for line in lines if line.startswith("    {")).encode()
    at = datetime.fromtimestamp(int(told["webhook-timestamp"]), UTC)
    assert signatures.sign(secret, body, id=told["webhook-id"], at=at) == told
    assert signatures.verify(secret, body, told, now=at) == told["webhook-id"]
