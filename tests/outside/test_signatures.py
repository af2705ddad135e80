"""Do we sign and check as Standard Webhooks say?  Their own library is the judge."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from portal.outside.signatures import BadSignature, key_of, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + b64encode(b"another key of twenty-four bytes").decode()
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BODY = '{"type": "link.activated", "salon": "Möller"}'.encode()


def test_the_standards_own_example_gives_its_signature():
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = sign(SECRET, body, id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at)
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(
    st.binary(min_size=24, max_size=64),
    st.text(max_size=50),
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),
)
def test_the_standards_library_accepts_what_we_sign(key, text, at):
    secret, at, body = "whsec_" + b64encode(key).decode(), at.replace(tzinfo=UTC), text.encode()
    with time_machine.travel(at, tick=False):
        Webhook(secret).verify(body, sign(secret, body, id="a1", at=at), json_parse=False)


def test_we_accept_what_the_standards_library_signs():
    headers = {"webhook-id": "a1", "webhook-timestamp": str(int(NOW.timestamp()))}
    headers["webhook-signature"] = Webhook(SECRET).sign("a1", NOW, BODY.decode())
    assert verify(SECRET, BODY, headers, now=NOW) == "a1"


def test_a_changed_body_is_refused_by_both():
    signed = sign(SECRET, BODY, id="a1", at=NOW)
    with pytest.raises(BadSignature):
        verify(SECRET, BODY + b" ", signed, now=NOW)
    with time_machine.travel(NOW, tick=False), pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", signed)


@pytest.mark.parametrize(
    "changed", [{"webhook-id": "a2"}, {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}]
)
def test_another_id_or_time_is_refused(changed):
    with pytest.raises(BadSignature):
        verify(SECRET, BODY, {**sign(SECRET, BODY, id="a1", at=NOW), **changed}, now=NOW)


def test_a_signature_is_good_for_five_minutes_both_ways():
    signed = sign(SECRET, BODY, id="a1", at=NOW)
    span = timedelta(minutes=5)
    for now in (NOW - span, NOW, NOW + span):
        assert verify(SECRET, BODY, signed, now=now) == "a1"
    for now in (NOW - span - timedelta(seconds=1), NOW + span + timedelta(seconds=1)):
        with pytest.raises(BadSignature):
            verify(SECRET, BODY, signed, now=now)


def test_one_good_signature_among_several_is_enough():
    old, new = sign(OTHER, BODY, id="a1", at=NOW), sign(SECRET, BODY, id="a1", at=NOW)
    both = {**new, "webhook-signature": f"v2,x {old['webhook-signature']} {new['webhook-signature']}"}
    assert verify(SECRET, BODY, both, now=NOW) == "a1"
    assert verify(OTHER, BODY, both, now=NOW) == "a1"


@pytest.mark.parametrize(
    "broken",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": "v1,%%%%"},
        {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-id": ""},
        {"webhook-id": "a.1"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "١٦٣٢"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "99999999999"},
        {"webhook-timestamp": "9" * 40},
    ],
)
def test_headers_that_cannot_be_read_are_refused(broken):
    with pytest.raises(BadSignature):
        verify(SECRET, BODY, {**sign(SECRET, BODY, id="a1", at=NOW), **broken}, now=NOW)


def test_no_headers_at_all_are_refused():
    with pytest.raises(BadSignature):
        verify(SECRET, BODY, {}, now=NOW)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "geheim", "whsec_ä", SECRET.removeprefix("whsec_"), "whsec_c2hvcnQ="]
)
def test_a_secret_that_is_none_or_too_short_signs_nothing(secret):
    with pytest.raises(ValueError):
        sign(secret, BODY, id="a1", at=NOW)
    assert len(key_of(SECRET)) == 24


@pytest.mark.parametrize("id", ["", "a.1", "a b", "a\r\nx: y", "ä", "a" * 121])
def test_an_id_that_could_be_misread_is_not_signed(id):
    with pytest.raises(ValueError):
        sign(SECRET, BODY, id=id, at=NOW)


def test_a_naive_instant_is_not_signed():
    with pytest.raises(ValueError):
        sign(SECRET, BODY, id="a1", at=NOW.replace(tzinfo=None))
