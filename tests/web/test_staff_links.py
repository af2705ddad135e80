"""Do staff see a granted link through to its end, each decision in two clicks?  Rules L2–L11a, S3."""

from datetime import timedelta

import pytest

from portal.actions import cases, commissioning, links, readouts, tills
from portal.models import Case, History, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import clock
from portal.rules.commissioning import Item
from portal.rules.links import LinkState, Mode, Provider, TillDeed, TillState, door_token
from tests import builders as build
from tests.clients import page_of
from tests.queries import counted

TILL = "https://till.example/42"
HTMX = {"HX-Request": "true"}
BACK_END = {"till": "http://127.0.0.1:9", "till_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}


@pytest.fixture
def back_end(app_settings):
    """Let the portal have a back end that makes the tills; here nobody answers."""
    app_settings.update(BACK_END)


@pytest.fixture
def secret(app):
    """Give the secret of the doors."""
    return app.config["SECRET_KEY"]


def at_the_workshop(staff):
    return cases.receive(build.a_sent_case(now=clock.now()), by=staff, now=clock.now())


def locked_link(staff, case=None):
    case = case or at_the_workshop(staff)
    request = build.a_link_request(case.device, case.reporter, clock.now(), entered_since=True, case=case)
    return build.an_active_link(link=request, mode=Mode.VIEW_ONLY, now=clock.now())


def over_http(link, staff, secret, mode=Mode.VIEW_ONLY):
    """Grant the request and let the back end have made its till."""
    known = links.correct(
        link,
        real_backup_at=link.backup_at,
        complete=mode is Mode.FULL,
        why="Gesehen",
        by=staff,
        now=clock.now(),
    )
    granted = links.grant(known, mode, days=30, secret=secret, by=staff, now=clock.now())
    return links.activate(granted, TILL, secret=secret, by=None, now=clock.now(), till_id="T-17")


def page_of_link(client, link):
    return client.get(f"/staff/links/{link.id}")


def again(link):
    return SubstituteLink.get_by_id(link.id)


def press(client, shown, step, **values):
    return client.send(shown, values, form=f"/steps/{step}")


def steps_on(answer):
    return [form.action.rsplit("/", 1)[1] for form in page_of(answer).forms if "/links/" in form.action]


def test_with_a_back_end_a_grant_needs_no_address(back_end, client, staff):  # rules L2, L4
    link = build.a_link_request(now=clock.now())
    shown = page_of_link(client, link)
    given = {"complete": "yes", "link_reason": "Angesehen"}
    answer = client.send(shown, given, form="/steps/grant", button=("mode", "full"))
    assert answer.status_code == 200
    granted = again(link)
    assert (granted.state, granted.mode, granted.provider) == (LinkState.GRANTED, Mode.FULL, Provider.HTTP)
    assert Letter.get(Letter.channel == Channel.TILL).event == TillDeed.CREATE
    assert "Wartet auf das Kassensystem" in page_of(answer).text


def test_with_a_back_end_it_can_still_be_done_by_hand(back_end, client, staff):  # rule L2
    link = build.a_link_request(now=clock.now())
    shown = page_of_link(client, link)
    for address, status in (("ftp://x", 422), (TILL, 200)):
        given = {"till_address": address}
        answer = client.send(shown, given, form="/steps/grant", button=("mode", "view_only"))
        assert answer.status_code == status
    found = again(link)
    assert (found.state, found.provider, found.till_address) == (LinkState.ACTIVE, Provider.BY_HAND, TILL)


def test_a_granted_link_says_since_when_it_waits_and_what_was_said_last(back_end, client, staff, secret):
    link = build.a_link_request(now=clock.now() - timedelta(hours=5))
    early = clock.now() - timedelta(hours=3)
    granted = links.grant(link, Mode.VIEW_ONLY, days=30, secret=secret, by=staff, now=early)
    tills.refused(granted, TillDeed.CREATE, "503: maintenance", now=clock.now())
    shown = page_of_link(client, link)
    text = page_of(shown).text
    assert "Seit 3 Stunden" in text
    assert "„503: maintenance“" in text
    assert steps_on(shown) == ["activate", "delete"]
    wrong = press(client, shown, "activate", till_address="")
    assert wrong.status_code == 422
    assert "Bitte geben Sie die Adresse" in page_of(wrong).text
    done = press(client, wrong, "activate", till_address=TILL)
    assert done.status_code == 200
    found = again(link)
    assert (found.state, found.provider, found.till_confirmed) == ("active", "by_hand", "locked")


def test_full_is_refused_by_the_action_with_words(client, staff, monkeypatch):  # rule L5
    link = build.a_link_request(entered_since=True, now=clock.now())
    monkeypatch.setattr("portal.web.staff.forms.may_grant", lambda _mode, _complete: True)
    given = {"till_address": TILL, "complete": "no", "link_reason": "Tabelle fehlt"}
    answer = client.send(page_of_link(client, link), given, form="/steps/grant", button=("mode", "full"))
    assert answer.status_code == 422
    assert "Ein voller Link geht nur, wenn alle Daten" in page_of(answer).text
    assert (again(link).state, again(link).complete) == (LinkState.REQUESTED, None)


def test_read_out_then_loaded_lifts_the_lock_in_two_presses_each(client, staff):  # rule L6
    link = locked_link(staff)
    shown = client.get(f"/staff/cases/{link.case.number}")
    assert "Datenbank auslesen" in page_of(shown).text
    shown = press(client, shown, "read_out")
    assert again(link).read_out_at
    assert "Daten auf den Link laden" in page_of(shown).text
    missing = press(client, shown, "load")
    assert missing.status_code == 422
    assert "Bitte heben Sie zuerst die Sperre beim Anbieter auf." in page_of(missing).text
    done = press(client, missing, "load", till_unlocked="yes")
    assert done.status_code == 200
    lifted = again(link)
    assert (lifted.mode, lifted.till_confirmed, lifted.ends_at) == (Mode.FULL, TillState.OPEN, link.ends_at)
    assert Letter.select().where(Letter.event == "link_unlocked").count() == 1


def test_with_a_back_end_loading_asks_it_to_unlock(back_end, client, staff, secret):  # rule L6
    case = at_the_workshop(staff)
    request = build.a_link_request(case.device, case.reporter, clock.now(), entered_since=True, case=case)
    link = over_http(request, staff, secret)
    readouts.read_out(link, by=staff, now=clock.now())
    shown = client.get(f"/staff/cases/{case.number}")
    done = press(client, shown, "load")
    assert "Kasse noch nicht entsperrt" in page_of(done).text
    assert not again(link).can_cash
    assert Letter.select().where(Letter.event == TillDeed.UNLOCK).count() == 1
    empty = press(client, done, "confirm_till")
    assert empty.status_code == 422
    seen = press(client, empty, "confirm_till", confirm_reason="Am Telefon bestätigt")
    assert seen.status_code == 200
    assert again(link).can_cash
    assert History.get(History.what == "confirm_till").why == "Am Telefon bestätigt"
    assert Letter.select().where(Letter.event == "link_unlocked").count() == 1


def test_before_the_server_has_arrived_nothing_is_offered_and_nothing_done(client, staff):  # rule L6
    link = locked_link(staff, build.a_sent_case(now=clock.now()))
    shown = page_of_link(client, link)
    assert steps_on(shown) == ["renew", "delete"]
    token = {"csrf_token": dict(page_of(shown).forms[-1].fields)["csrf_token"]}
    for step in ("read_out", "load"):
        answer = client.post(f"/staff/links/{link.id}/steps/{step}", data={**token, "till_unlocked": "yes"})
        assert answer.status_code == 409
        assert "Er muss zuerst ankommen" in page_of(answer).text
    assert again(link).revision == link.revision


def test_a_failed_read_out_tells_the_owner_why_and_can_be_tried_again(client, staff):  # rule L6
    link = locked_link(staff)
    shown = client.get(f"/staff/cases/{link.case.number}")
    assert press(client, shown, "fail_read_out", read_out_problem=" ").status_code == 422
    done = press(client, shown, "fail_read_out", read_out_problem="Die Platte ist defekt.")
    assert again(link).read_out_problem == "Die Platte ist defekt."
    assert Letter.get(Letter.event == "link_read_out_failed").context["why"] == "Die Platte ist defekt."
    assert "Die Platte ist defekt." in page_of(done).text
    press(client, done, "read_out")
    assert again(link).read_out_at


def test_a_full_link_that_proves_incomplete_is_locked(client, staff):  # rule L5
    link = build.an_active_link(now=clock.now())
    shown = page_of_link(client, link)
    done = press(client, shown, "lock", lock_reason="Eine Tabelle fehlt")
    locked = again(link)
    assert (locked.mode, locked.complete) == (Mode.VIEW_ONLY, False)
    assert (locked.till_wanted, locked.till_confirmed) == (TillState.LOCKED, TillState.OPEN)
    assert "Kasse noch nicht gesperrt" in page_of(done).text
    assert press(client, done, "confirm_till").status_code == 422
    assert "Kasse noch nicht gesperrt." in page_of(client.get("/staff/")).text  # the row asks for it too
    press(client, done, "confirm_till", till_seen="yes")
    assert again(link).till_confirmed is TillState.LOCKED
    assert "Belegsperre seit" in page_of(client.get("/staff/")).text


def test_an_order_that_was_given_up_says_so_and_is_tried_again_from_there(back_end, client, staff, secret):
    link = build.a_link_request(now=clock.now())
    granted = links.grant(link, Mode.VIEW_ONLY, days=30, secret=secret, by=staff, now=clock.now())
    tills.refused(granted, TillDeed.CREATE, "HTTP 500 full", now=clock.now())
    Letter.update(tries=2, last_error="HTTP 503 busy").where(Letter.channel == Channel.TILL).execute()
    waiting = page_of(page_of_link(client, link)).text
    assert "„HTTP 503 busy“" in waiting  # what was said last, not first
    assert "Noch einmal versuchen" not in waiting
    ended = {"due_at": None, "gave_up_at": clock.now(), "last_error": "HTTP 422 no_backup"}
    Letter.update(ended).where(Letter.channel == Channel.TILL).execute()
    shown = page_of_link(client, link)
    text = page_of(shown).text
    assert "Wartet auf das Kassensystem" not in text
    assert "nicht mehr von selbst" in text
    assert "„HTTP 422 no_backup“" in text
    assert "„HTTP 500 full“" in page_of(client.get("/staff/")).text
    client.send(shown, form="/again")
    assert Letter.get(Letter.channel == Channel.TILL).gave_up_at is None


def test_a_till_is_on_tls_outside_the_demo(in_earnest, client, sign_in):
    sign_in(client, build.a_staff_member(name="Kim Support"))
    link = build.a_link_request(now=clock.now())
    given = {"till_address": "http://kasse.example/1"}
    answer = client.send(page_of_link(client, link), given, form="/steps/grant", button=("mode", "view_only"))
    assert answer.status_code == 422
    assert "beginnt mit https://" in page_of(answer).text


@pytest.mark.parametrize("ticked", [True, False])
def test_an_early_end_asks_for_a_reason_and_whether_the_till_is_gone(client, staff, ticked):  # rules L3, L11a
    link = build.an_active_link(now=clock.now())
    shown = page_of_link(client, link)
    values = {"delete_reason": "Nicht mehr nötig", **({"till_deleted": "yes"} if ticked else {})}
    done = press(client, shown, "delete", **values)
    ended = again(link)
    assert (ended.state, ended.till_confirmed) == (
        LinkState.ENDED,
        TillState.GONE if ticked else TillState.OPEN,
    )
    assert ("Kasse noch nicht gelöscht" in page_of(done).text) is not ticked
    assert steps_on(done) == ([] if ticked else ["confirm_till"])
    if not ticked:
        press(client, done, "confirm_till", till_seen="yes")
        assert again(link).till_confirmed is TillState.GONE


def test_a_new_address_makes_the_old_one_worthless(client, staff, secret):  # rule L9
    link = build.an_active_link(now=clock.now(), secret=secret)
    press(client, page_of_link(client, link), "renew")
    renewed = again(link)
    assert (renewed.generation, renewed.ends_at) == (link.generation + 1, link.ends_at)
    assert client.get(f"/l/{door_token(secret, link.id, link.generation)}").status_code == 404
    assert client.get(f"/l/{door_token(secret, link.id, renewed.generation)}").status_code == 200


def test_the_second_of_two_staff_is_shown_how_the_link_stands(client, staff):  # rule S3
    link = locked_link(staff)
    shown = client.get(f"/staff/links/{link.id}/pane?at=decide", headers=HTMX)
    readouts.read_out(link, by=staff, now=clock.now())
    for step, values in (("read_out", {}), ("delete", {"delete_reason": "x"}), ("renew", {})):
        answer = client.send(shown, values, form=f"/steps/{step}", headers=HTMX)
        assert answer.status_code == 409
        assert "<html" not in answer.get_data(as_text=True)
        assert "Jemand anderes war schneller" in page_of(answer).text
        assert "Daten auf den Link laden" in page_of(answer).text
    assert again(link).revision == link.revision + 1


def test_what_was_seen_of_the_till_is_not_confirmed_for_something_else(client, staff):  # rules L11a, S3
    link = build.an_active_link(now=clock.now())
    locked = readouts.lock(link, "Tabelle fehlt", by=staff, now=clock.now())
    shown = page_of_link(client, link)
    links.delete(locked, "Nicht mehr nötig", by=staff, now=clock.now())
    answer = press(client, shown, "confirm_till", till_seen="yes")
    assert answer.status_code == 409
    assert again(link).till_confirmed is TillState.OPEN
    assert "Kasse noch nicht gelöscht" in page_of(answer).text


def test_a_link_past_its_end_takes_no_step_any_more(client, staff):  # rule L9
    case = at_the_workshop(staff)
    request = build.a_link_request(case.device, case.reporter, clock.now(), entered_since=True, case=case)
    over = build.an_active_link(
        link=request, mode=Mode.VIEW_ONLY, now=clock.now() - timedelta(days=2), days=1, secret=build.SECRET
    )
    answer = press(client, client.get(f"/staff/cases/{case.number}"), "read_out")
    assert answer.status_code == 409
    assert again(over).state is LinkState.ENDED


def test_no_link_is_granted_beside_a_server_that_has_taken_over(client, staff):  # rule L11a
    case = build.a_case_at_commissioning(now=clock.now())
    for item in (Item.SESSION, Item.RESTORED):
        commissioning.tick(Case.get_by_id(case.id), item, by=staff, now=clock.now())
    link = build.a_link_request(case.device, case.reporter, clock.now())
    shown = page_of_link(client, link)
    given = {"till_address": TILL}
    answer = client.send(shown, given, form="/steps/grant", button=("mode", "view_only"))
    assert answer.status_code == 409
    assert "Daneben darf es keinen Ersatzlink geben." in page_of(answer).text


def test_the_pane_shows_the_facts_of_an_active_link(client, staff, secret):  # rules L3, L9, L10
    link = locked_link(staff)
    link = readouts.fail_read_out(link, "Platte defekt", by=staff, now=clock.now())
    columns = {"opened_count": 3, "last_opened_at": clock.now(), "warned_days": 7}
    SubstituteLink.update(columns).where(SubstituteLink.id == link.id).execute()
    text = page_of(client.get(f"/staff/links/{link.id}/pane?at=links", headers=HTMX)).text
    for said in ("Platte defekt", "3-mal, zuletzt", "7 Tage vor dem Ende", "von Hand", TILL, "gesperrt, "):
        assert said in text
    readouts.read_out(link, by=staff, now=clock.now())
    readouts.load(again(link), by=staff, now=clock.now(), till_unlocked=True)
    text = page_of(page_of_link(client, link)).text
    for said in ("Ausgelesen", "Geladen", "Sperre aufgehoben", "Nächste Warnung"):
        assert said in text


def test_every_step_stands_in_the_history_with_person_and_words(client, staff, secret):  # section S
    case = at_the_workshop(staff)
    request = build.a_link_request(case.device, case.reporter, clock.now(), entered_since=True, case=case)
    link = over_http(request, staff, secret)
    now = clock.now()
    link = readouts.read_out(link, by=None, now=now, api_key="Kassen-Server")
    link = readouts.load(link, by=staff, now=now)
    link = tills.refused(link, TillDeed.UNLOCK, "503", now=now)
    tills.done(link, TillDeed.UNLOCK, now=now)
    text = page_of(page_of_link(client, link)).text
    for said in (
        "Datenbank ausgelesen Schnittstelle, Schlüssel „Kassen-Server“",
        "Daten auf den Link geladen Kim Support",
        "Belegsperre aufgehoben Kim Support",
        "Kasse entsperrt, vom Kassensystem bestätigt Portal",
        "Kasse entsperren",
        "erwartet: Link nur zum Ansehen",
    ):
        assert said in text, said


def test_a_correction_tells_what_answer_followed_before_and_after(client, staff):  # rules B2, L4a
    link = build.a_link_request(now=clock.now(), entered_since=True)
    links.correct(
        link, real_backup_at=link.backup_at, complete=True, why="Gesehen", by=staff, now=clock.now()
    )
    text = page_of(page_of_link(client, link)).text
    assert "erwartet: Link nur zum Ansehen → voller Link" in text


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_pages_ask_no_more_than_they_may(client, staff):  # case page ≤ 14
    link = locked_link(staff)
    for address in (f"/staff/cases/{link.case.number}", f"/staff/links/{link.id}"):
        with counted() as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 14, str(queries)
