"""Every stage of a link in the owner's words: what works now, who is next, what is news (L2–L6, L10)."""

from datetime import timedelta

import pytest
import time_machine

from portal.actions import cases, doors, link_steps, links, readouts, tills, warnings
from portal.models import Case, SubstituteLink
from portal.rules.links import Ending, Mode, TillDeed, door_token
from portal.rules.workflow import State
from tests import builders
from tests.clients import page_of
from tests.queries import counted
from tests.web.test_owner_cases import HTMX, LATER

NOW = builders.NOW


@pytest.fixture(autouse=True)
def the_next_day():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def made(app, client, sign_in):
    """Give `made(name)`: the link in that stage, its owner signed in."""
    owner = builders.an_owner()
    device = builders.a_device(builders.a_salon(owner.customer))
    sign_in(client, owner)
    return lambda name: SubstituteLink.get_by_id(STAGES[name](Scene(app, owner, device)).id)


class Scene:
    """Who acts, and the device it is about."""

    def __init__(self, app, owner, device):
        self.secret, self.owner, self.device = app.config["SECRET_KEY"], owner, device
        self.staff = builders.a_staff_member()

    def case(self, *, is_here=True):
        case = builders.a_case(self.device, self.owner)
        return cases.receive(case, by=self.staff, now=NOW) if is_here else case

    def asked(self, case=None, entered=True):
        return builders.a_link_request(self.device, self.owner, entered_since=entered, case=case)

    def active(self, mode=Mode.VIEW_ONLY, case=None, by_hand=True, days=30):
        asked = self.asked(case, entered=mode is Mode.VIEW_ONLY)
        link = builders.an_active_link(link=asked, mode=mode, secret=self.secret, days=days)
        provider = "by_hand" if by_hand else "http"
        SubstituteLink.update(provider=provider).where(SubstituteLink.id == link.id).execute()
        return SubstituteLink.get_by_id(link.id)

    def granted(self, at):
        return links.grant(self.asked(), Mode.VIEW_ONLY, days=21, secret=self.secret, by=self.staff, now=at)

    def read_out(self, by_hand=True):
        return readouts.read_out(self.active(case=self.case(), by_hand=by_hand), by=self.staff, now=LATER)

    def loaded(self, at=LATER, **given):
        return readouts.load(self.read_out(by_hand=bool(given)), by=self.staff, now=at, **given)


STAGES = {
    "requested": lambda scene: scene.asked(),
    "granted": lambda scene: scene.granted(LATER - timedelta(minutes=15)),
    "granted late": lambda scene: scene.granted(LATER - timedelta(minutes=15, seconds=1)),
    "full": lambda scene: scene.active(Mode.FULL),
    "view only": lambda scene: scene.active(case=scene.case(is_here=False)),
    "view only alone": lambda scene: scene.active(),
    "reading": lambda scene: scene.active(case=scene.case()),
    "read out": lambda scene: scene.read_out(),
    "failed": lambda scene: readouts.fail_read_out(
        scene.active(case=scene.case()), "Die Platte <klickt>.", by=scene.staff, now=LATER
    ),
    "unlocking": lambda scene: scene.loaded(),
    "unlocking late": lambda scene: scene.loaded(LATER - timedelta(minutes=16)),
    "unlocked": lambda scene: scene.loaded(till_unlocked=True),
    "locked later": lambda scene: readouts.lock(
        scene.active(Mode.FULL), "Die Sicherung war älter.", by=scene.staff, now=LATER
    ),
    "ends soon": lambda scene: warnings.warn(scene.active(Mode.FULL, days=2), now=LATER),
    "refused": lambda scene: links.refuse(scene.asked(), "Keine Sicherung.", by=scene.staff, now=LATER),
    "withdrawn": lambda scene: links.withdraw(scene.active(Mode.FULL), by=scene.owner, now=LATER),
    "deleted": lambda scene: links.delete(
        scene.active(Mode.FULL, by_hand=False), "Doppelt angefragt.", by=scene.staff, now=LATER
    ),
    "commissioned": lambda scene: links.hand_back(
        scene.active(Mode.FULL, case=scene.case()), by=scene.staff, now=LATER
    ),
    "expired": lambda scene: scene.active(Mode.FULL, days=1),  # nobody has written it down yet
}
SAID = {
    "requested": ("Ihr Ersatzlink ist angefragt", "Wir sind dran. Der Support entscheidet"),
    "granted": (
        "Ihr Ersatzlink wird eingerichtet",
        "Er gilt dann 21 Tage. Die Zeit beginnt erst, wenn er läuft.",
    ),
    "granted late": (
        "Ihr Ersatzlink wird eingerichtet",
        "Das dauert länger als sonst Das Kassensystem hat sich",
    ),
    "full": ("Ihr Ersatzlink läuft", "Sie arbeiten und kassieren damit wie gewohnt."),
    "view only": ("Ihr Ersatzlink läuft, aber nur zum Ansehen", "Sie sind dran Einpacken und abschicken"),
    "view only alone": ("Ihr Ersatzlink läuft, aber nur zum Ansehen", "Dann muss Ihr Server zu uns"),
    "reading": ("Wir lesen Ihre Daten aus", "Wir sind dran. Ihr Server ist bei uns."),
    "read out": ("Ihre Daten sind ausgelesen", "Wir sind dran. Jetzt laden wir sie auf den Link."),
    "failed": ("Ihre Daten ließen sich noch nicht auslesen", "Die Platte <klickt>."),
    "unlocking": ("Ihre Kasse wird freigeschaltet", "Bitte kassieren Sie noch nicht."),
    "unlocking late": ("Ihre Kasse wird freigeschaltet", "Das dauert länger als sonst"),
    "unlocked": ("Ab jetzt können Sie kassieren", "Das Ende des Links bleibt, wie es war."),
    "locked later": ("Bitte kassieren Sie nicht mehr mit dem Link", "Die Sicherung war älter."),
    "ends soon": ("Ihr Ersatzlink endet bald", "Der Link endet bald Verlängern lässt er sich nicht."),
    "refused": ("Ein Ersatzlink ist nicht möglich", "Keine Sicherung."),
    "withdrawn": ("Sie haben den Ersatzlink beendet", "Er lässt sich nicht wieder einschalten."),
    "deleted": ("Der Support hat den Ersatzlink beendet", "Doppelt angefragt."),
    "commissioned": (
        "Der Ersatzlink endete mit der Inbetriebnahme",
        "Sie arbeiten wieder mit Ihrem Kassenserver.",
    ),
    "expired": ("Der Ersatzlink ist abgelaufen", "Beendet: heute, 10:14 Uhr."),
}
WITH_CASE = {
    "reading", "read out", "failed", "unlocking", "unlocking late", "unlocked", "commissioned",
}  # fmt: skip
CASHING = {"full", "unlocked", "ends soon"}
OPEN = CASHING | {
    "view only", "view only alone", "reading", "read out", "failed", "unlocking", "unlocking late",
    "locked later",
}  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", STAGES)
def test_every_stage_says_plainly_how_it_stands(client, made, name):  # rules L3, L5, L6
    link = made(name)
    headline, text = SAID[name]
    page = client.page(f"/links/{link.id}")
    assert page.headline == headline
    assert text in page.text
    assert ("Sie arbeiten und kassieren damit wie gewohnt." in page.text) == (name in CASHING)
    assert any("/l/" in address for address in page.links) == (name in OPEN)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", sorted(WITH_CASE))
def test_the_cases_page_says_the_same(client, made, name):  # rules L5, L6
    link = made(name)
    headline, text = SAID[name]
    page = client.page(f"/cases/{link.case.number}")
    assert headline in page.text
    assert text in page.text


@pytest.mark.parametrize("name", STAGES)
def test_no_stage_costs_many_questions(client, made, name):
    link = made(name)
    pages = {f"/links/{link.id}": 10} | ({f"/cases/{link.case.number}": 12} if link.case_id else {})
    for path, most in pages.items():
        with counted() as queries:
            client.get(path)
        assert len(queries) <= most, queries


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", sorted(STAGES.keys() - WITH_CASE - {"view only"}))
def test_the_list_of_cases_says_the_same(client, made, name):
    made(name)
    assert SAID[name][0] in client.page("/cases").text


def test_the_list_says_what_goes_on_with_a_cases_link(client, made):  # rules L5, L6
    made("read out")
    text = client.page("/cases").text
    assert "Ersatzlink aktiv bis Montag, 21. Dezember, 10:14 Uhr, nur ansehen" in text
    assert "Ihre Daten sind ausgelesen" in text


def test_a_till_that_is_not_yet_deleted_is_closed_for_the_owner(client, made):  # rules L3, L11a
    link = made("deleted")
    assert not link.till_is_confirmed
    page = client.page(f"/links/{link.id}")
    assert "hx-get" not in client.get(f"/links/{link.id}").get_data(as_text=True)
    assert "gelöscht" not in page.text


def test_the_way_shows_what_was_done_what_is_now_and_what_comes(client, made):  # rule L6
    text = client.page(f"/links/{made('read out').id}").text
    for said in (
        "Angefragt (erledigt)", "Freigegeben, nur zum Ansehen (erledigt)",
        "Ihr Server ist bei uns (erledigt)", "Daten ausgelesen (erledigt)",
        "Wir laden die Daten auf den Link (jetzt)",
        "Sie können kassieren (kommt noch)", "Der Link endet spätestens: Montag, 21. Dezember, 10:14 Uhr",
    ):  # fmt: skip
        assert said in text


def test_warnings_and_openings_are_shown(client, made):  # rule L10
    link = made("ends soon")
    for _ in range(2):
        doors.count_opening(link, now=LATER)
    text = client.page(f"/links/{link.id}").text
    assert "An das Ende erinnert haben wir Sie: heute, 10:14 Uhr, 1 Tag vorher" in text
    assert "2-mal geöffnet, zuletzt heute, 10:14 Uhr." in text


# News


def poll_of(client, path):
    html = client.get(path).get_data(as_text=True)
    return html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


def warn(link):
    return warnings.warn(link, now=link.ends_at - timedelta(days=7))


NEWS = {
    "a read-out": ("reading", lambda link, by: readouts.read_out(link, by=by, now=LATER)),
    "a failed read-out": (
        "reading",
        lambda link, by: readouts.fail_read_out(link, "Kaputt", by=by, now=LATER),
    ),
    "loading": ("read out", lambda link, by: readouts.load(link, by=by, now=LATER)),
    "the till's confirmation": ("unlocking", lambda link, by: tills.done(link, TillDeed.UNLOCK, now=LATER)),
    "a warning": ("view only", lambda link, by: warn(link)),
    "a new address": ("full", lambda link, by: doors.renew(link, secret="x" * 40, by=by, now=LATER)),
    "a lock": ("full", lambda link, by: readouts.lock(link, "Älter", by=by, now=LATER)),
    "an end": ("full", lambda link, by: links.delete(link, "Doppelt", by=by, now=LATER)),
    "a till": (
        "granted",
        lambda link, by: links.activate(link, "https://t.example", secret="x" * 40, by=None, now=LATER),
    ),
    "an opening": ("full", lambda link, by: doors.count_opening(link, now=LATER)),
}


@pytest.mark.parametrize("news", NEWS)
def test_a_poll_costs_little_and_notices_every_change(client, made, news):  # rules L6, L10
    stage, deed = NEWS[news]
    link = made(stage)
    pages = [f"/links/{link.id}", *([f"/cases/{link.case.number}"] if link.case_id else [])]
    polls = [poll_of(client, path) for path in pages]
    for poll in polls:
        with counted() as queries:
            assert client.get(poll, headers=HTMX).status_code == 204
        assert len(queries) <= 3, queries
    deed(link, builders.a_staff_member())
    for poll in polls:
        answer = client.get(poll, headers=HTMX)
        assert answer.status_code == 200
        assert "Neuer Stand" in page_of(answer).text


def test_a_poll_notices_that_the_server_has_arrived(client, made):  # rule L6
    link = made("view only")
    poll = poll_of(client, f"/links/{link.id}")
    cases.receive(Case.get_by_id(link.case_id), by=builders.a_staff_member(), now=LATER)
    assert page_of(client.get(poll, headers=HTMX)).headline == "Wir lesen Ihre Daten aus"


def test_a_poll_notices_that_the_back_end_is_silent_for_too_long(client, made):
    link = made("granted")
    poll = poll_of(client, f"/links/{link.id}")
    assert client.get(poll, headers=HTMX).status_code == 204
    with time_machine.travel(LATER + timedelta(seconds=1), tick=False):
        assert "Das dauert länger als sonst" in page_of(client.get(poll, headers=HTMX)).text


def test_a_case_whose_data_are_read_out_does_not_say_we_are_reading(client, made):  # rule L6
    link = made("unlocked")
    page = client.page(f"/cases/{link.case.number}")
    assert "Ihre Daten sind ausgelesen, jetzt prüfen wir das Gerät" in page.text
    assert "Wir lesen Ihre Daten aus" not in page.text
    assert "Daten ausgelesen (erledigt)" in page.text
    Case.update(state=State.IN_DIAGNOSIS).where(Case.id == link.case_id).execute()
    assert client.page(f"/cases/{link.case.number}").headline == "Wir prüfen Ihren Kassenserver"


def test_a_case_whose_read_out_failed_does_not_say_we_are_reading(client, made):  # rule L6
    link = made("failed")
    page = client.page(f"/cases/{link.case.number}")
    assert "Wir lesen Ihre Daten aus" not in page.text
    assert "Wir suchen einen anderen Weg (jetzt)" in page.text
    assert "Wir lesen Ihre Daten aus" not in client.page("/cases").text


def test_what_is_not_to_be_expected_is_not_shown_as_the_next_step(client, made):  # rule L4a
    assert "Sie arbeiten mit dem Link" not in client.page(f"/links/{made('requested').id}").text


def test_a_granted_link_to_look_with_does_not_promise_work(client, made):  # rule L5
    text = client.page(f"/links/{made('granted').id}").text
    assert "Sie sehen mit dem Link nach (kommt noch)" in text
    assert "Sie arbeiten mit dem Link" not in text


def test_the_door_says_too_that_the_end_is_near(client, app, made):  # rule L10
    for name, is_near in [("ends soon", True), ("view only alone", False)]:
        link = made(name)
        token = door_token(app.config["SECRET_KEY"], link.id, link.generation)
        assert ("Verlängern lässt er sich nicht." in client.page(f"/l/{token}").text) == is_near
        links.withdraw(link, by=link.requester, now=LATER)


def test_a_case_at_commissioning_sends_nobody_to_the_ended_link(client, made):  # rules L11a, R2
    link = made("commissioned")
    promise = "Bis dahin arbeiten Sie mit dem Ersatzlink."
    Case.update(state=State.COMMISSIONING_BOOKED).where(Case.id == link.case_id).execute()
    assert promise not in client.page(f"/cases/{link.case.number}").text


def test_every_ending_has_its_words():
    from portal.web.owner.link_sentences import ENDED, SAYINGS, Stage

    assert ENDED.keys() == set(Ending)
    assert SAYINGS.keys() == set(Stage) - {Stage.ENDED}


def test_expiry_is_told_though_nobody_wrote_it_down(client, made):  # rule L9
    link = made("expired")
    assert "Abgelaufen (erledigt)" in client.page(f"/links/{link.id}").text
    link_steps.expire_due(now=LATER)
    assert client.page(f"/links/{link.id}").headline == "Der Ersatzlink ist abgelaufen"


def test_whoever_cashed_with_the_link_is_told_to_call_before_ending_it(client, made):  # rule L11
    link = made("full")
    warning = "Haben Sie mit dem Link kassiert"
    assert warning not in client.page(f"/links/{link.id}/withdraw").text
    doors.count_opening(link, now=LATER)
    assert warning in client.page(f"/links/{link.id}/withdraw").text


def test_the_news_of_the_unlocking_is_news_for_two_days(client, made):  # rule L6
    link = made("unlocked")
    assert client.page(f"/links/{link.id}").headline == "Ab jetzt können Sie kassieren"
    with time_machine.travel(LATER + timedelta(days=2), tick=False):
        assert client.page(f"/links/{link.id}").headline == "Ihr Ersatzlink läuft"
