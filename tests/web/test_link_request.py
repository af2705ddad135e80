"""Asking for a link without a report: one question per page (section L, rules C0, B1a–B3, S7)."""

from datetime import timedelta

import pytest

from portal.models import Consent, SubstituteLink
from portal.rules.links import Answer, LinkReason, Reason
from tests import builders
from tests.clients import page_of
from tests.queries import counted
from tests.web.link_request import AT, MOVING, RUNNING, WAY, begun, everything, filled_in, looked_ahead, sent
from tests.web.test_owner_cases import HTMX, LATER, token_of

pytestmark = pytest.mark.usefixtures("the_next_day")


def test_a_link_is_asked_for_without_a_case_one_question_per_page(signed_in, owner, device):  # rule L1
    answer = sent(signed_in, device)
    link = SubstituteLink.get()
    assert answer.request.path == f"/links/{link.id}"
    assert (link.device_id, link.reason, link.case_id) == (device.id, LinkReason.MOVING, None)
    assert (link.expected, link.entered_since) == (Answer.FULL, False)
    assert link.last_online_at.isoformat() == "2026-11-21T08:58:00+00:00"


@pytest.mark.parametrize(
    ("told", "answer", "reason"),
    [
        ({"entered": {"entered": "yes"}}, Answer.VIEW_ONLY, Reason.DATA_ENTERED),
        ({"entered": {"entered": "unknown"}}, Answer.VIEW_ONLY, Reason.ENTERED_UNKNOWN),
        ({"online": {"when": "unknown"}}, Answer.STAFF, Reason.LAST_ONLINE_UNKNOWN),
        ({"uploaded": {"upload": "unknown"}}, Answer.FULL, Reason.BACKUP_FROM_SLOT),
        (
            {"uploaded": {"upload": "at", "uploaded_at_day": "21.11.2026", "uploaded_at_clock": "9 Uhr"}},
            Answer.FULL,
            Reason.BACKUP_FROM_UPLOAD,
        ),
    ],
)
def test_the_expected_answer_follows_from_what_is_told(signed_in, device, told, answer, reason):  # rule L4a
    sent(signed_in, device, **told)
    link = SubstituteLink.get()
    assert link.expected is answer
    assert reason in link.reasons


def test_a_running_server_is_led_through_saving_its_data_first(signed_in, device):  # rules C0, B2
    page = begun(signed_in, device)
    page = signed_in.send(page, MOVING, form="/reason")
    page = page_of(signed_in.send(page, {"when": "running"}, form="/online"))
    steps = ("Tagesabschluss", "Datensicherung", "Backup an FTP", "herunterfahren")
    places = [page.text.index(step) for step in steps]
    assert places == sorted(places)
    assert "Bitte noch nichts abziehen" in page.text


@pytest.mark.parametrize(
    ("upload", "reason"), [("now", Reason.BACKUP_FROM_UPLOAD), ("no", Reason.BACKUP_FROM_SLOT)]
)
def test_an_upload_made_before_the_server_went_off_counts_as_a_backup(
    signed_in, device, upload, reason
):  # C0
    sent(signed_in, device, RUNNING, **{"data-first": {"upload": upload}})
    link = SubstituteLink.get()
    assert link.last_online_at == LATER
    assert link.uploaded_at == (LATER if upload == "now" else None)
    assert reason in link.reasons
    assert link.expected is Answer.FULL


def test_saving_the_upload_again_does_not_move_it(signed_in, device, the_next_day):  # rules C0, B2
    filled_in(signed_in, device, RUNNING)
    the_next_day.shift(timedelta(hours=3))
    again = signed_in.get("/links/new/data-first")
    assert 'value="at" checked' in again.get_data(as_text=True)
    signed_in.send(again, form="/data-first")
    last = signed_in.get("/links/new/send")
    signed_in.send(last, {"accepted": everything(last)}, form="/send")
    link = SubstituteLink.get()
    assert link.uploaded_at == LATER.replace(second=0, microsecond=0)
    assert link.last_online_at == LATER


@pytest.mark.parametrize(
    ("booked", "answer"), [("no", Answer.NONE), ("unknown", Answer.STAFF), ("yes", Answer.FULL)]
)
def test_whether_a_backup_is_booked_is_asked_where_nobody_knows(signed_in, owner, booked, answer):  # rule B1a
    device = builders.a_device(builders.a_salon(owner.customer), backup_booked=None)
    way = {**{name: WAY[name] for name in ("reason", "online", "uploaded")}, "booked": {"booked": booked}}
    sent(signed_in, device, {**way, "entered": WAY["entered"]})
    assert SubstituteLink.get().expected is answer


def test_a_server_from_elsewhere_is_for_staff_to_decide(signed_in, owner):  # rule L12
    device = builders.a_device(builders.a_salon(owner.customer), origin="elsewhere")
    sent(signed_in, device)
    assert SubstituteLink.get().expected is Answer.STAFF


def test_what_must_be_known_is_acknowledged_and_kept(signed_in, device):  # rules L2, L7, L8, S7
    filled_in(signed_in, device)
    last = signed_in.get("/links/new/send")
    refused = signed_in.send(last, {"accepted": ["link_temporary"]}, form="/send")
    assert refused.status_code == 422
    assert 'value="link_temporary" checked' in refused.get_data(as_text=True)
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
    filled_in(signed_in, device)
    assert "link_tse" not in everything(signed_in.get("/links/new/send"))


def test_a_defect_that_is_reported_gets_the_link_on_its_case(signed_in, owner, device):
    case = builders.a_case(device, owner)
    sent(signed_in, device, reason={"reason": "defect"})
    assert SubstituteLink.get().case_id == case.id


def test_answers_stay_when_one_goes_back(signed_in, device):
    filled_in(signed_in, device, reason={"reason": "renovation"}, entered={"entered": "unknown"})
    assert f'value="{device.id}" checked' in signed_in.get("/links/new").get_data(as_text=True)
    assert 'value="renovation" checked' in signed_in.get("/links/new/reason").get_data(as_text=True)
    html = signed_in.get("/links/new/online").get_data(as_text=True)
    assert 'value="2026-11-21"' in html
    assert 'value="09:58"' in html


def test_an_answer_of_a_way_left_comes_back_with_it(signed_in, device):
    filled_in(signed_in, device, RUNNING)
    signed_in.send(signed_in.get("/links/new/online"), AT, form="/online")
    page = signed_in.send(signed_in.get("/links/new/online"), {"when": "running"}, form="/online")
    assert 'value="at" checked' in page.get_data(as_text=True)  # the upload told before


def test_a_changed_answer_leads_back_to_the_check_and_asks_again_what_rested_on_it(
    signed_in, device
):  # rules B3, L4a
    filled_in(signed_in, device)
    page = signed_in.send(signed_in.get("/links/new/reason?back=check"), MOVING, form="/reason")
    assert page.request.path == "/links/new/check"
    earlier = {**AT, "at_day": "2026-11-20"}
    page = signed_in.send(signed_in.get("/links/new/online?back=check"), earlier, form="/online")
    assert page.request.path == "/links/new/entered"  # it was told of another backup
    assert signed_in.get("/links/new/send").headers["Location"] == "/links/new/entered"
    page = signed_in.send(page, {"entered": "no"}, form="/entered")
    assert page.request.path == "/links/new/check"


def test_an_upload_after_the_last_moment_online_is_asked_again(signed_in, device):  # rule B2
    upload = {"upload": "at", "uploaded_at_day": "2026-11-21", "uploaded_at_clock": "09:30"}
    filled_in(signed_in, device, uploaded=upload)
    earlier = {**AT, "at_clock": "09:00"}
    page = signed_in.send(signed_in.get("/links/new/online?back=check"), earlier, form="/online")
    assert page.request.path == "/links/new/uploaded"


def test_the_box_says_what_it_depends_on_until_it_can_be_told(signed_in, device):  # rule L4a
    page = begun(signed_in, device)
    page = signed_in.send(page, MOVING, form="/reason")
    assert "So sieht es bisher aus" not in page_of(page).text
    page = signed_in.send(page, AT, form="/online")
    assert "hängt noch von Ihren Antworten ab" in page_of(page).text
    assert "noch nicht gefragt" in page_of(page).text
    assert "Vermutlich ein" not in page_of(page).text
    check = signed_in.send(
        signed_in.send(page, {"upload": "no"}, form="/uploaded"), {"entered": "no"}, form="/entered"
    )
    assert "Vermutlich ein voller Ersatzlink" in page_of(check).text
    assert "Seit der Sicherung wurde nichts eingegeben." in page_of(check).text


def test_the_box_follows_while_one_chooses_and_keeps_nothing(signed_in, device):  # rule L4a
    filled_in(signed_in, device)
    page = signed_in.get("/links/new/entered")
    box = looked_ahead(signed_in, page, {"entered": "yes"}).get_data(as_text=True)
    assert "nur zum Ansehen" in box
    assert "nur auf dem Server" in box
    assert "<html" not in box
    incomplete = looked_ahead(signed_in, signed_in.get("/links/new/online"), {"when": "at"})
    assert incomplete.get_data(as_text=True).strip() == '<div id="so-far"></div>'
    assert "Vermutlich ein voller Ersatzlink" in signed_in.page("/links/new/check").text


def test_looking_ahead_is_only_possible_on_ones_own_way(signed_in, owner, device):  # rules P1, L1
    begun(signed_in, device)
    page = signed_in.get("/links/new/reason")
    data = {"csrf_token": token_of(page), "entered": "no"}
    assert signed_in.post("/links/new/entered/so-far", data=data, headers=HTMX).status_code == 404
    assert signed_in.post("/links/new/nirgends/so-far", data=data, headers=HTMX).status_code == 404
    builders.a_link_request(device, owner)
    moved = signed_in.post("/links/new/reason/so-far", data=data, headers=HTMX)
    assert (moved.status_code, moved.headers["HX-Redirect"]) == (204, "/links/new")


def test_a_question_costs_ten_queries_at_most(signed_in, device):
    filled_in(signed_in, device)
    for path in ("entered", "check", "send"):
        with counted() as queries:
            signed_in.get(f"/links/new/{path}")
        assert len(queries) <= 10, queries
