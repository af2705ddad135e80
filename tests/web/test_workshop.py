"""Can staff decide, find out, read out and swap, and lose nothing typed?  Rules W0-W4, L6, O2, C4a."""

from base64 import b64encode

import pytest

from portal.actions import cases, workshop
from portal.models import Case, Device, History, Letter, Swap
from portal.outside import clock
from portal.rules.links import Mode
from portal.rules.warranty import Decision
from portal.rules.workflow import State
from portal.rules.workshop import SwapPart
from portal.web import letters as written
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

NEW_TSE = bytes(range(100, 132))


@pytest.fixture
def case(staff):
    """Make a case in diagnosis of whose device nobody knows when it was bought."""
    return build.a_case_in_diagnosis(build.a_device(purchased_on=None), now=clock.now(), staff=staff)


@pytest.fixture
def repair(staff):
    """Make a case in repair under warranty."""
    return build.a_case_in_repair(build.a_device(serial="JC-1"), now=clock.now(), staff=staff)


def opened(client, case):
    return client.get(f"/staff/cases/{case.number}/workshop")


def save(client, shown, deed, **values):
    return client.send(shown, values, form=f"/workshop/{deed}")


def fresh(case):
    return Case.get_by_id(case.id)


def text_of(answer):
    return page_of(answer).text


def test_date_and_decision_open_the_way_to_the_repair(client, staff, case):  # rules W0, W4
    shown = opened(client, case)
    assert "Das Kaufdatum fehlt." in text_of(shown)
    shown = save(client, shown, "purchase", bought_on="02.05.2025")
    assert "In der Gewährleistung" in text_of(shown)
    shown = save(client, shown, "decision", decision="warranty", decision_reason="Laut Rechnung")
    assert (fresh(case).decision, fresh(case).device.purchased_on.isoformat()) == ("warranty", "2025-05-02")
    begun = client.send(shown, form="/steps/start_repair")
    assert begun.status_code == 200
    assert fresh(case).state is State.IN_REPAIR
    assert not [form.action for form in page_of(opened(client, case)).forms if "decision" in form.action]


@pytest.mark.parametrize(
    ("deed", "typed", "said"),
    [
        ("purchase", {"bought_on": "31.12.2099"}, "Dieser Tag liegt in der Zukunft."),
        ("purchase", {"bought_on": ""}, "Bitte geben Sie das Kaufdatum an."),
        ("decision", {"decision_reason": "Weil"}, "Bitte wählen Sie eine Entscheidung."),
        (
            "decision",
            {"decision": "goodwill", "decision_reason": " "},
            "Bitte begründen Sie die Entscheidung.",
        ),
        ("diagnosis", {"diagnosis": "x" * 2001}, "Das ist zu lang."),
    ],
)
def test_a_mistake_is_told_at_its_field_and_what_was_typed_stays(client, staff, case, deed, typed, said):
    answer = save(client, opened(client, case), deed, **typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    given = next(form for form in page_of(answer).forms if form.action.endswith(deed))
    assert {name: dict(given.fields).get(name) for name in typed} == typed
    assert History.select().where(History.what.in_(["decide", "diagnose", "set_purchase_date"])).count() == 0


def test_the_diagnosis_says_who_reads_it_and_what_never_belongs_there(client, staff, case):  # rule C4a
    text = text_of(opened(client, case))
    assert "Der Salon liest diesen Text. Bitte keine PIN, PUK, Passwörter und keine Daten von Kunden." in text
    save(client, opened(client, case), "diagnosis", diagnosis="Netzteil\n\ndefekt.")
    assert fresh(case).diagnosis == "Netzteil\n\ndefekt."


def test_who_writes_on_an_old_page_is_told_and_keeps_the_text(client, staff, case):  # rule S3
    old = opened(client, case)
    workshop.diagnose(case, "Zuerst da.", by=build.a_staff_member(), now=clock.now())
    answer = save(client, old, "diagnosis", diagnosis="Mein langer Befund.")
    assert answer.status_code == 409
    assert "Jemand anderes war schneller" in text_of(answer)
    assert "Zuerst da." in text_of(answer)
    assert save(client, answer, "diagnosis", diagnosis="Mein langer Befund.").status_code == 200
    assert fresh(case).diagnosis == "Mein langer Befund."


def test_a_decision_that_came_too_late_is_shown_to_be_kept(client, staff, case):  # rules W0, S3
    now = clock.now()
    old = opened(client, case)
    Device.update(purchased_on=now.date()).where(Device.id == case.device_id).execute()
    decided = workshop.decide(case, Decision.GOODWILL, "Kulanz", by=staff, now=now)
    cases.advance(decided, "start_repair", by=staff, now=now)
    answer = save(client, old, "decision", decision="chargeable", decision_reason="Wasserschaden innen")
    assert answer.status_code == 409
    assert "Wasserschaden innen" in text_of(answer)


def test_the_read_out_is_recorded_and_taken_back_with_a_reason(client, staff, case):  # rule L6
    shown = save(client, opened(client, case), "read-out")
    assert fresh(case).read_out_at is not None
    refused = save(client, shown, "take-back", take_back_reason="")
    assert refused.status_code == 422
    save(client, refused, "take-back", take_back_reason="Falscher Vorgang")
    assert fresh(case).read_out_at is None


def test_with_a_locked_link_the_read_out_leads_on_to_loading(client, staff):  # rules L5, L6
    case = build.a_case_in_diagnosis(now=clock.now(), staff=staff)
    request = build.a_link_request(case=case, entered_since=True, now=clock.now())
    build.an_active_link(link=request, mode=Mode.VIEW_ONLY, now=clock.now())
    shown = opened(client, case)
    assert "Ersatzlink mit Belegsperre" in text_of(shown)
    shown = save(client, shown, "read-out")
    assert "Jetzt auf den Link laden" in text_of(shown)
    assert fresh(case).read_out_at is None


def test_a_new_tse_is_recorded_in_either_spelling(client, staff, repair):  # rules O2, C4a
    values = {
        "part": "tse", "new_serial": b64encode(NEW_TSE).decode(), "new_bsi_number": "bsi-k-tr-0490-2021",
        "out_of_service_on": "20.11.2025", "in_service_on": "21.11.2025",
    }  # fmt: skip
    shown = save(client, opened(client, repair), "swap", **values)
    assert shown.status_code == 200
    assert Device.get_by_id(repair.device_id).tse_serial == NEW_TSE.hex()
    assert {NEW_TSE.hex(), "BSI-K-TR-0490-2021"} <= set(text_of(shown).split())
    history = text_of(client.get(f"/staff/cases/{repair.number}"))
    assert "Teil getauscht" in history
    assert NEW_TSE.hex() in history


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ({"part": "tse", "new_serial": "ABC", "new_bsi_number": "BSI-K-TR-0490-2021"}, "new_serial"),
        ({"part": "tse", "new_serial": NEW_TSE.hex(), "new_bsi_number": "490"}, "new_bsi_number"),
        ({"part": "tse", "new_serial": NEW_TSE.hex(), "new_bsi_number": ""}, "new_bsi_number"),
        ({"part": "server", "new_serial": ""}, "new_serial"),
        ({"part": "server", "new_serial": "JC-TAKEN"}, "new_serial"),
        ({"part": "other", "part_name": ""}, "part_name"),
        ({"part": "disk", "out_of_service_on": "2025-11-02", "in_service_on": "2025-11-01"}, "in_service_on"),
        ({"new_serial": "D-1"}, "part"),
    ],
)
def test_a_swap_that_cannot_be_is_told_at_its_field(client, staff, repair, typed, name):  # rules O2, C4a
    build.a_device(serial="JC-TAKEN")
    answer = save(client, opened(client, repair), "swap", **typed)
    assert answer.status_code == 422
    page = page_of(answer)
    assert f"#{name}" in page.links
    kept = dict(next(form for form in page.forms if form.action.endswith("/swap")).fields)
    assert {key: kept.get(key) for key in typed} == typed
    assert Swap.select().count() == 0


def test_a_swapped_server_is_withdrawn_with_a_reason(client, staff, repair):  # rule O2
    shown = save(client, opened(client, repair), "swap", part="server", new_serial="JC-2")
    entry = Swap.get()
    assert (entry.old_serial, Device.get_by_id(repair.device_id).serial) == ("JC-1", "JC-2")
    refused = client.send(shown, {f"withdraw_reason_{entry.id}": ""}, form="/withdraw")
    assert refused.status_code == 422
    done = client.send(refused, {f"withdraw_reason_{entry.id}": "Falscher Vorgang"}, form="/withdraw")
    assert done.status_code == 200
    assert Device.get_by_id(repair.device_id).serial == "JC-1"
    assert "JC-2" not in text_of(done)


def test_a_swap_form_sent_twice_makes_one(client, staff, repair):  # rule S3
    shown = opened(client, repair)
    assert save(client, shown, "swap", part="disk", new_serial="D-1").status_code == 200
    assert save(client, shown, "swap", part="disk", new_serial="D-1").status_code == 409
    assert Swap.select().count() == 1


def test_only_staff_get_in_and_only_while_the_server_is_here(client, sign_in, app):  # rule P1
    case = build.a_case(now=clock.now())
    sign_in(client, case.reporter)
    address = f"/staff/cases/{case.number}/workshop"
    assert client.get(address).status_code == 404
    browser = app.test_client()
    sign_in(browser, build.a_staff_member())
    assert browser.get(address).status_code == 303
    assert browser.get("/staff/cases/R260009991/workshop").status_code == 404


def test_an_entry_of_another_case_is_not_found(client, staff, repair):  # rule P1
    other = build.a_case_in_repair(now=clock.now(), staff=staff)
    entry = Swap.create(case=other, part=SwapPart.DISK, at=clock.now(), account=staff)
    token = dict(page_of(opened(client, repair)).forms[-1].fields)["csrf_token"]
    answer = client.post(
        f"/staff/cases/{repair.number}/workshop/swaps/{entry.id}/withdraw", data={"csrf_token": token}
    )
    assert answer.status_code == 404


def test_the_page_asks_little(client, staff, repair):
    for number in range(4):
        Swap.create(case=repair, part=SwapPart.DISK, new_serial=f"D-{number}", at=clock.now(), account=staff)
    with counted() as queries:
        assert opened(client, repair).status_code == 200
    assert len(queries) <= 12, queries


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision.WARRANTY, "Sie fällt unter die Gewährleistung."),
        (Decision.FULL_COVER, "Ihr Vollkasko-Schutz deckt sie ab."),
        (Decision.GOODWILL, "Wir übernehmen sie aus Kulanz."),
    ],
)
def test_the_owner_reads_under_which_decision_the_repair_began(app, staff, decision, said):  # rules W0, S4
    case = workshop.decide(build.a_case_in_diagnosis(), decision, "Weil", by=staff, now=build.NOW)
    cases.advance(case, "start_repair", by=staff, now=build.NOW)
    with app.app_context():
        letter = written.render(Letter.get(Letter.event == "in_repair"))
    assert said in letter.text
    assert said in letter.html
