"""A link request without a report is kept page by page and sent once (rules L1, L4a, S3)."""

from functools import partial

import pytest

from portal.actions import link_requests
from portal.actions.link_requests import RequestSent
from portal.actions.links import LinkAlreadyOpen
from portal.models import Draft, History, Letter, SubstituteLink
from portal.rules.link_request import Page
from portal.rules.links import Answer
from tests.actions.parallel import at_once
from tests.builders import NOW, a_device, a_link_request, an_owner

ANSWERS = {
    Page.REASON: {"reason": "moving", "reason_text": "Neue Räume"},
    Page.ONLINE: {"when": "at", "at": "2026-11-21T08:58:00+00:00"},
    Page.UPLOADED: {"upload": "no", "uploaded_at": ""},
    Page.ENTERED: {"entered": "yes", "since": "2026-11-21T06:00:00+00:00"},
}


def a_request(device, **left_out):
    """Fill in everything; `left_out` are pages without an answer."""
    draft, _key = link_requests.begin(now=NOW)
    for page, given in {Page.DEVICE: {"device": str(device.id)}, **ANSWERS}.items():
        if page.name not in left_out:
            draft = link_requests.answer(draft, page, given, now=NOW)
    return draft


def send(draft, device, owner):
    return link_requests.send(draft, device, by=owner, now=NOW, consents=())


def test_what_was_answered_becomes_the_request(database):  # rules L1, L4a
    device = a_device()
    link = send(a_request(device), device, an_owner(device.salon.customer))
    assert (link.reason_text, link.expected, link.entered_since) == ("Neue Räume", Answer.VIEW_ONLY, True)
    assert link.backup_at.isoformat() == "2026-11-21T06:00:00+00:00"


def test_a_request_sent_many_times_at_once_is_one(database):  # rule S3
    device = a_device()
    draft, owner = a_request(device), an_owner(device.salon.customer)
    results = at_once(*[partial(send, draft, device, owner)] * 6)
    link = SubstituteLink.get()
    assert [one for one in results if not isinstance(one, Exception)] == [link]
    again = [one for one in results if isinstance(one, Exception)]
    assert {(type(one), one.link) for one in again} == {(RequestSent, link.id)}
    assert (SubstituteLink.select().count(), History.select().count()) == (1, 1)
    assert Letter.select().where(Letter.event == "link_requested").count() == 1


def test_a_request_for_a_device_with_an_open_link_stays_unsent(database):  # rule L1
    device = a_device()
    draft, owner = a_request(device), an_owner(device.salon.customer)
    a_link_request(device)
    with pytest.raises(LinkAlreadyOpen):
        send(draft, device, owner)
    assert Draft.get_by_id(draft.id).sent_at is None


def test_a_request_with_an_open_question_is_not_sent(database):  # rule L4a
    device = a_device()
    draft = a_request(device, ENTERED=True)
    with pytest.raises(ValueError, match="still open"):
        send(draft, device, an_owner(device.salon.customer))
    assert Draft.get_by_id(draft.id).sent_at is None
    assert SubstituteLink.select().count() == 0


def test_nothing_is_changed_in_a_request_that_was_sent(database):  # rule S3
    device = a_device()
    draft = a_request(device)
    link = send(draft, device, an_owner(device.salon.customer))
    with pytest.raises(RequestSent) as sent:
        link_requests.answer(draft, Page.ENTERED, {"entered": "no", "since": ""}, now=NOW)
    assert sent.value.link == link.id


def test_a_request_is_not_offered_as_a_report_to_go_on_with(database):
    device = a_device()
    owner = an_owner(device.salon.customer)
    a_request(device)
    assert list(Draft.open_of(owner)) == []
