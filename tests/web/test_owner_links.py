"""The link: asking for it on its own, its page, ending it (section L, rules P1, S3, S7)."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import link_steps, links
from portal.models import Consent, SubstituteLink
from portal.rules.links import Answer, LinkReason, LinkState, Mode, Reason
from tests import builders
from tests.clients import page_of
from tests.queries import counted
from tests.web.test_owner_cases import HTMX, LATER, token_of

FACTS = {
    "online": "at", "online_at_day": "2026-11-21", "online_at_clock": "09:58", "uploaded": "no",
    "entered": "no",
}  # fmt: skip


@pytest.fixture(autouse=True)
def the_next_day():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def owner(app):
    return builders.an_owner()


@pytest.fixture
def device(owner):
    return builders.a_device(builders.a_salon(owner.customer))


@pytest.fixture
def signed_in(client, owner, sign_in):
    sign_in(client, owner)
    return client


def filled_in(client, device, reason="moving", **facts):
    """Fill in the first two pages and return the last one."""
    page = client.send(
        client.get("/links/new"), {"device": str(device.id), "reason": reason}, form="/links/new"
    )
    return client.send(page, {**FACTS, **facts}, form="/facts")


def everything(page):
    """Return all the boxes that the page asks to tick."""
    html = page.get_data(as_text=True)
    return [part.split('"')[0] for part in html.split('name="accepted" type="checkbox" value="')[1:]]


def test_a_link_is_asked_for_without_a_case(signed_in, owner, device):  # rule L1
    last = filled_in(signed_in, device)
    assert "Voraussichtlich können Sie mit dem Link wie gewohnt arbeiten" in page_of(last).text
    answer = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    link = SubstituteLink.get()
    assert answer.request.path == f"/links/{link.id}"
    assert (link.device_id, link.reason, link.case_id) == (device.id, LinkReason.MOVING, None)
    assert (link.expected, link.entered_since) == (Answer.FULL, False)
    assert link.last_online_at.isoformat() == "2026-11-21T08:58:00+00:00"


@pytest.mark.parametrize(
    ("told", "answer", "reason"),
    [
        ({"entered": "yes"}, Answer.VIEW_ONLY, Reason.DATA_ENTERED),
        ({"entered": "unknown"}, Answer.VIEW_ONLY, Reason.ENTERED_UNKNOWN),
        ({"online": "unknown"}, Answer.STAFF, Reason.LAST_ONLINE_UNKNOWN),
        ({"online": "running"}, Answer.FULL, Reason.BACKUP_FROM_SLOT),
        (
            {"uploaded": "yes", "uploaded_at_day": "21.11.2026", "uploaded_at_clock": "10 Uhr"},
            Answer.FULL,
            Reason.BACKUP_FROM_UPLOAD,
        ),
    ],
)
def test_the_expected_answer_follows_from_what_is_told(signed_in, device, told, answer, reason):  # rule L4a
    last = filled_in(signed_in, device, **told)
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    link = SubstituteLink.get()
    assert link.expected is answer
    assert reason in link.reasons


@pytest.mark.parametrize(
    ("booked", "answer"), [("no", Answer.NONE), ("unknown", Answer.STAFF), ("yes", Answer.FULL)]
)
def test_whether_a_backup_is_booked_is_asked_where_nobody_knows(signed_in, owner, booked, answer):  # rule B1a
    device = builders.a_device(builders.a_salon(owner.customer), backup_booked=None)
    last = filled_in(signed_in, device, booked=booked)
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert SubstituteLink.get().expected is answer


def test_a_server_from_elsewhere_is_for_staff_to_decide(signed_in, owner):  # rule L12
    device = builders.a_device(builders.a_salon(owner.customer), origin="elsewhere")
    last = filled_in(signed_in, device)
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert SubstituteLink.get().expected is Answer.STAFF


def test_what_must_be_known_is_acknowledged_and_kept(signed_in, device):  # rules L2, L7, L8, S7
    last = filled_in(signed_in, device)
    refused = signed_in.send(last, {"accepted": ["link_temporary"]}, form="/send")
    assert refused.status_code == 422
    assert SubstituteLink.select().count() == 0
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    kept = {consent.kind: consent for consent in Consent.select()}
    assert kept.keys() == {"link_temporary", "link_devices", "link_tse"}
    assert all(
        one.wording and one.version and one.language == "de" and one.at == LATER for one in kept.values()
    )
    assert {one.link_id for one in kept.values()} == {SubstituteLink.get().id}


def test_without_a_usb_tse_nothing_is_said_of_it(signed_in, owner):  # rule L7
    device = builders.a_device(builders.a_salon(owner.customer), tse_in_server=False)
    assert "link_tse" not in everything(filled_in(signed_in, device))


def test_a_defect_that_is_reported_gets_the_link_on_its_case(signed_in, owner, device):
    case = builders.a_case(device, owner)
    last = filled_in(signed_in, device, reason="defect")
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert SubstituteLink.get().case_id == case.id


def test_a_device_with_an_open_link_is_shown_and_cannot_be_chosen(signed_in, owner, device):  # rule L1
    other = builders.a_device(builders.a_salon(owner.customer, "Zweitsalon"))
    link = builders.a_link_request(device, owner)
    answer = signed_in.get("/links/new")
    assert f"/links/{link.id}" in page_of(answer).links
    assert f'value="{device.id}"' not in answer.get_data(as_text=True)
    data = {"csrf_token": token_of(answer), "device": device.id, "reason": "moving"}
    told = signed_in.post("/links/new", data=data)
    assert told.status_code == 409
    assert f"/links/{link.id}" in page_of(told).links
    assert other.id != device.id


def test_somebody_elses_request_in_between_is_told_kindly(signed_in, owner, device):  # rules L1, S3
    last = filled_in(signed_in, device)
    link = builders.a_link_request(device, owner, reason=LinkReason.RENOVATION)
    told = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert told.status_code == 409
    assert f"/links/{link.id}" in page_of(told).links
    assert SubstituteLink.select().count() == 1


def test_sent_twice_is_one_request(signed_in, app, device):  # rule S3
    last = filled_in(signed_in, device)
    with signed_in.session_transaction() as session:
        before = dict(session)
    first = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    with signed_in.session_transaction() as session:
        session.update(before)  # the second press was on its way before the first was answered
    second = signed_in.send(last, {"accepted": everything(last)}, form="/send")
    assert first.request.path == second.request.path == f"/links/{SubstituteLink.get().id}"
    assert SubstituteLink.select().count() == 1


MISTAKES = [
    ({"online": ""}, "wann der Server zuletzt lief"),
    ({"entered": "vielleicht"}, "ob danach etwas eingegeben wurde"),
    ({"online_at_day": "", "online_at_clock": ""}, "wann er zuletzt lief"),
    ({"online_at_day": "31.02.2026"}, "gültiges Datum"),
    ({"online_at_clock": "25:00"}, "gültige Uhrzeit"),
    ({"online_at_day": "2027-01-01"}, "in der Zukunft"),
    ({"online_at_day": "1999-01-01"}, "zu weit zurück"),
    ({"uploaded": "yes"}, "wann Sie die Sicherung hochgeladen"),
]


@pytest.mark.parametrize(("wrong", "message"), MISTAKES)
def test_a_mistake_is_explained_and_everything_typed_stays(signed_in, device, wrong, message):
    answer = filled_in(signed_in, device, **wrong)
    assert answer.status_code == 422
    assert message in page_of(answer).text
    html = answer.get_data(as_text=True)
    assert all(f'value="{text}"' in html for name, text in wrong.items() if name.startswith("online_at"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"device": ""}, "Bitte wählen Sie den Kassenserver."),
        ({"device": "999999999999999999999"}, "Bitte wählen Sie den Kassenserver."),
        ({"reason": "faulheit"}, "Bitte wählen Sie einen Grund."),
        ({"reason": "other"}, "Bitte schreiben Sie kurz, warum."),
        ({"reason_text": "x" * 301}, "zu lang"),
    ],
)
def test_device_and_reason_must_make_sense(signed_in, device, given, message):
    values = {"device": str(device.id), "reason": "moving", "reason_text": "‮<b>🙂", **given}
    if given.get("reason") == "other":
        values["reason_text"] = "  "
    answer = signed_in.send(signed_in.get("/links/new"), values, form="/links/new")
    assert answer.status_code == 422
    assert message in page_of(answer).text


def test_a_strangers_device_cannot_be_chosen(signed_in, device):  # rule P1
    stranger = builders.a_device()
    answer = signed_in.send(
        signed_in.get("/links/new"), {"device": str(stranger.id), "reason": "moving"}, form="/links/new"
    )
    assert answer.status_code == 422


def test_answers_stay_when_one_goes_back(signed_in, device):
    filled_in(signed_in, device, reason="renovation", entered="unknown")
    assert 'value="renovation" checked' in signed_in.get("/links/new").get_data(as_text=True)
    html = signed_in.get("/links/new/facts").get_data(as_text=True)
    assert 'value="2026-11-21"' in html
    assert 'value="09:58"' in html


@pytest.mark.parametrize("path", ["/links/new/facts", "/links/new/send"])
def test_a_page_in_the_middle_leads_to_the_beginning(signed_in, path):
    assert signed_in.get(path).headers["Location"] == "/links/new"


def test_without_a_device_the_report_is_the_way(signed_in):
    assert "noch keinen Kassenserver" in signed_in.page("/links/new").text


def test_the_link_page_counts_down_says_what_works_and_shows_earlier_links(
    signed_in, owner, device
):  # rules L2, L5
    old = links.refuse(
        builders.a_link_request(device, owner), "Zu spät", by=builders.a_staff_member(), now=LATER
    )
    link = builders.an_active_link(link=builders.a_link_request(device, owner), mode=Mode.VIEW_ONLY, days=10)
    page = signed_in.page(f"/links/{link.id}")
    assert page.headline == "Ihr Ersatzlink läuft"
    assert "9 Tage noch" in page.text
    assert "nicht gespeichert" in page.text
    assert f"/links/{old.id}" in page.links
    assert "Zu spät" in signed_in.page(f"/links/{old.id}").text


def test_a_link_poll_without_news_says_nothing(signed_in, owner, device):
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    html = signed_in.get(f"/links/{link.id}").get_data(as_text=True)
    address = html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    with counted() as queries:
        assert signed_in.get(address, headers=HTMX).status_code == 204
    assert len(queries) <= 3, queries
    with time_machine.travel(link.ends_at, tick=False):
        assert "abgelaufen" in signed_in.get(address, headers=HTMX).get_data(as_text=True)


def test_a_link_page_costs_ten_queries_at_most(signed_in, owner, device):
    case = builders.a_case(device, owner)
    link = builders.an_active_link(link=builders.a_link_request(case=case))
    with counted() as queries:
        signed_in.page(f"/links/{link.id}")
    assert len(queries) <= 10, queries


def test_withdrawing_asks_first_and_is_for_good(signed_in, owner, device):  # rule L3
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    page = signed_in.get(f"/links/{link.id}/withdraw")
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ACTIVE
    answer = signed_in.send(page, form="/withdraw")
    assert page_of(answer).headline == "Sie haben den Ersatzlink beendet"
    assert signed_in.send(page, form="/withdraw").status_code == 409
    assert signed_in.get(f"/links/{link.id}/withdraw").status_code == 409


def test_a_link_past_its_end_is_over_although_nobody_wrote_it_down(signed_in, owner, device):  # rule L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    with time_machine.travel(link.ends_at, tick=False):
        assert signed_in.page(f"/links/{link.id}").headline == "Der Ersatzlink ist abgelaufen"
        assert signed_in.get(f"/links/{link.id}/withdraw").status_code == 409


@pytest.mark.parametrize("path", ["", "/progress", "/withdraw"])
def test_a_strangers_link_is_nowhere_to_be_found(signed_in, path):  # rule P1
    link = builders.a_link_request()
    assert signed_in.get(f"/links/{link.id}{path}").status_code == 404
    data = {"csrf_token": token_of(signed_in.get("/cases"))}
    assert signed_in.post(f"/links/{link.id}/withdraw", data=data).status_code == 404
    assert SubstituteLink.get_by_id(link.id).state is LinkState.REQUESTED


def test_a_link_past_its_end_does_not_stand_in_the_way_of_the_next(signed_in, owner, device):  # rules L1, L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner))
    with time_machine.travel(link.ends_at, tick=False):
        assert f'value="{device.id}"' in signed_in.get("/links/new").get_data(as_text=True)
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED


def test_a_link_written_off_late_ended_when_it_ended(signed_in, owner, device):  # rule L9
    link = builders.an_active_link(link=builders.a_link_request(device, owner), days=1)
    with time_machine.travel(link.ends_at + timedelta(days=2), tick=False):
        link_steps.expire_due(now=link.ends_at + timedelta(days=2))
        assert "Beendet: Sonntag, 22. November, 10:14 Uhr" in signed_in.page(f"/links/{link.id}").text
