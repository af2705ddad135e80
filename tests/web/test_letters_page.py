"""The outbox: do staff see what was given up and what waits, and do owners see that a mail has not left?"""

from datetime import timedelta

import pytest

from portal.actions import hooks, letters
from portal.models import Hook, Letter
from portal.models.letters import NOTICED_AFTER, Channel
from portal.outside import clock
from portal.web import letters as written
from portal.web.staff import letters as desk_letters
from tests import builders as build
from tests.clients import page_of
from tests.faults.deeds import granted_link
from tests.queries import counted


def give_up(*what, why="550 no such user") -> None:
    """Give up these letters, or all."""
    gone = {"gave_up_at": clock.now(), "due_at": None, "tries": 12, "last_error": why}
    Letter.update(gone).where(*(what or [Letter.id > 0])).execute()


def test_an_empty_outbox_says_so(client, staff):
    text = client.page("/staff/letters").text
    assert "Der Versand ist noch nie gelaufen" in text
    assert "Alles ist zugestellt oder noch unterwegs" in text


def test_what_was_given_up_stands_there_in_plain_words_and_can_be_tried_again(client, staff):  # rule S4
    link = granted_link()
    case = build.a_case()
    hook = hooks.make("https://hook.example/in", ["link"], by=build.an_admin(), now=clock.now())
    hooks.send_test(hook, by=build.an_admin(), now=clock.now())
    give_up()
    page = client.page("/staff/letters")
    for words in ("Kasse einrichten", "Zum Einsenden freigegeben", "Webhook portal.test", "550 no such user"):
        assert words in page.text
    assert "Unter dieser Adresse nimmt niemand E-Mails an." in page.text
    assert f"/staff/links/{link.id}" in page.links
    assert f"/staff/cases/{case.number}" in page.links
    for channel in Channel:
        letter = Letter.select().where(Letter.channel == channel).order_by(Letter.id).first()
        answer = client.send(client.get("/staff/letters"), form=f"/letters/{letter.id}/again")
        assert "Es wird noch einmal versucht" in page_of(answer).text
        assert Letter.get_by_id(letter.id).due_at is not None


def test_a_second_try_again_changes_nothing_and_says_so(client, staff):  # rule S3
    build.a_case()
    give_up()
    page = client.get("/staff/letters")
    client.send(page, form="/again")
    due_at = Letter.get().due_at
    answer = client.send(page, form="/again")
    assert answer.status_code == 409
    assert "wartet nicht mehr auf Sie" in page_of(answer).text
    assert Letter.get().due_at == due_at


def test_an_ended_webhook_offers_no_second_try(client, staff):
    hook = hooks.make("https://hook.example/in", ["link"], by=build.an_admin(), now=clock.now())
    hooks.send_test(hook, by=build.an_admin(), now=clock.now())
    give_up()
    seen_before = client.get("/staff/letters")
    Hook.update(ended_at=clock.now()).execute()
    page = client.page("/staff/letters")
    assert "An diese Adresse geht kein Webhook mehr" in page.text
    assert not any("/again" in form.action for form in page.forms)
    assert client.send(seen_before, form="/again").status_code == 409
    assert Letter.get().due_at is None


def test_what_waits_is_counted_with_the_oldest_the_reason_and_the_next_try(client, staff):  # rule S4
    build.a_case()
    build.a_case()
    since = {"written_at": clock.now() - timedelta(hours=3), "due_at": clock.now() - timedelta(hours=3)}
    Letter.update(since).execute()
    first = Letter.select().order_by(Letter.id).first()
    later = clock.now() + timedelta(hours=1)
    Letter.update(last_error="451 later", due_at=later).where(Letter.id == first.id).execute()
    text = client.page("/staff/letters").text
    assert "2 warten, das älteste seit 3 Stunden. Nächster Versuch: gleich." in text
    assert "Der Mailserver hat die E-Mail vorerst nicht angenommen." in text
    assert "451 later" in text


def test_the_desk_leads_there_only_if_something_is_wrong(client, staff):  # rule S4
    build.a_case(now=clock.now())
    assert "/staff/letters" not in client.page("/staff/").links
    Letter.update(due_at=clock.now() - NOTICED_AFTER).execute()
    assert "Postausgang" in client.page("/staff/").text
    give_up()
    assert "Nicht zugestellt" in client.page("/staff/").text


@pytest.mark.parametrize("count", [1, 40])
def test_the_outbox_asks_at_most_eight_questions(client, staff, count):  # built for size
    for number in range(count):
        build.a_case()
        key = {"lane": f"hook:{number}", "recipient": "", "now": clock.now(), "hook": number}
        letters.write_to_machine(Channel.HOOK, "link.granted", f"k{number}", **key)
    give_up(Letter.id.bin_and(1) == 0)
    Letter.update(last_error="451 later").where(Letter.gave_up_at.is_null()).execute()
    with counted() as queries:
        client.page("/staff/letters")
    assert len(queries) <= 8, queries
    with counted() as queries:
        client.page("/staff/")
    assert len(queries) <= 8, queries


WAITS = "Unsere E-Mail an Sie ist noch nicht hinausgegangen"


def test_owners_see_on_the_page_that_their_mail_has_not_left(client, sign_in):  # rule S4
    case = build.a_case(now=clock.now())
    link = build.a_link_request(now=clock.now())
    other = build.a_case(build.a_device(build.a_salon(case.customer)), case.reporter, clock.now())
    sign_in(client, case.reporter)
    address = f"/cases/{case.number}"
    assert WAITS not in client.page(address).text, "it has just been written"
    late = clock.now() - NOTICED_AFTER
    Letter.update(written_at=late, due_at=clock.now()).where(Letter.case == case).execute()
    assert WAITS in client.page(address).text
    assert WAITS not in client.page(f"/cases/{other.number}").text
    Letter.update(sent_at=clock.now(), due_at=None).where(Letter.case == case).execute()
    assert WAITS not in client.page(address).text
    client.post("/sign-out", data={})

    waiting = Letter.waiting_for(link.requester, link_id=link.id, now=clock.now())
    Letter.update(written_at=late).where(Letter.account == link.requester_id).execute()
    assert not waiting
    assert Letter.waiting_for(link.requester, link_id=link.id, now=clock.now())
    assert not Letter.waiting_for(case.reporter, link_id=link.id, now=clock.now()), "another's letter"


def test_a_letter_that_was_given_up_is_waited_for_by_nobody(client, sign_in):  # rule S4
    case = build.a_case(now=clock.now())
    give_up()
    assert not Letter.waiting_for(case.reporter, case=case, now=clock.now() + timedelta(days=1))


def test_whether_a_letter_waits_is_one_question(database):
    case = build.a_case()
    owner = case.reporter
    with counted() as queries:
        assert Letter.waiting_for(owner, case=case, now=clock.now())
    assert len(queries) == 1


def test_every_letter_has_a_name_at_the_desk():  # rule S4
    assert set(written.NEXT) <= set(desk_letters.EVENTS)
