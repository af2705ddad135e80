"""The history of the portal: found by person, case, customer, kind, words and day (rule S)."""

import csv
from datetime import timedelta
from io import StringIO

import pytest

from portal.actions import history
from portal.models import Account, History, Seal, past
from portal.models.past import Sought, search
from tests import builders as build
from tests.builders import NOW
from tests.queries import counted

HOUR = timedelta(hours=1)
SAID = (
    "Interne Notiz",
    "Daten des Kunden gesperrt",
    "Abgemeldet",
    "Angesehen",
    "Schlüssel der Schnittstelle",
)


@pytest.fixture
def case(app):
    """Write five rows: of a case, of a customer, of a session, of a look and of the portal itself."""
    found = build.a_case()
    lea = build.an_owner(found.device.salon.customer, name="Lea Lustig")
    history.origin.set("192.0.2.7")
    history.record(found, "note", by=lea, at=NOW + HOUR, why="Frau Muster rief an")
    history.record(lea.customer, "lock_customer", by=lea, at=NOW + 2 * HOUR)
    history.record(lea, "sign_out", by=lea, at=NOW + 3 * HOUR)
    history.record(history.about(found), "look", by=lea, at=NOW + 4 * HOUR)
    history.origin.set("")
    history.record(None, "make_key", by=None, at=NOW + 26 * HOUR, name="Kassenverwaltung")
    return found


@pytest.fixture
def admin(client, sign_in):
    sign_in(client, build.an_admin(name="Lea Leitung"))
    return client


def shown(client, **question: str) -> list[str]:
    """Return which of the five rows are found."""
    answer = client.get("/staff/history", query_string=question)
    assert answer.status_code == 200
    listed = answer.text.partition("ledger")[2]
    return [words for words in SAID if words in listed]


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"who": "lea lustig"}, SAID[:4]),
        ({"who": "Portal"}, SAID[4:]),
        ({"customer": "Haarwerk"}, SAID[:4]),
        ({"kind": "look"}, SAID[3:4]),
        ({"kind": "portal"}, SAID[4:]),
        ({"words": "muster RIEF"}, SAID[:1]),
        ({"address": "192.0.2.7", "kind": "privacy"}, SAID[1:2]),
        ({"since": "2026-11-22"}, SAID[4:]),
        ({"until": "21.11.2026", "who": "Lea Lustig", "kind": "case"}, SAID[:1]),
    ],
)
def test_what_is_asked_for_is_found_and_nothing_else(admin, case, question, found):
    assert shown(admin, **question) == list(found)


def test_a_case_is_found_with_who_looked_at_it(admin, case):
    assert shown(admin, case=case.number) == [SAID[0], SAID[3]]


def test_support_sees_neither_sign_ins_nor_looks_nor_addresses_of_colleagues(client, staff, case):
    assert shown(client) == [SAID[0], SAID[1], SAID[4]]
    assert shown(client, kind="look", address="198.51.100.1") == [SAID[0], SAID[1], SAID[4]]
    assert "192.0.2.7" not in client.get("/staff/history").text
    assert client.get("/staff/history/export").status_code == 404


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"case": "R000000000"}, "Diesen Vorgang gibt es nicht"),
        ({"who": "niemand@nirgends.example"}, "Niemand hat diese E-Mail-Adresse"),
        ({"customer": "Unbekannt"}, "Diesen Kunden gibt es nicht"),
        ({"since": "gestern"}, "Das ist kein Datum"),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(admin, question, said):
    answer = admin.get("/staff/history", query_string=question)
    assert answer.status_code == 422
    assert said in answer.text
    assert next(iter(question.values())) in answer.text  # nothing typed is lost


def test_nothing_is_changed_there_by_any_method(admin, case):
    for method in ("post", "put", "delete", "patch"):
        assert getattr(admin, method)("/staff/history").status_code in (400, 405)


@pytest.mark.both_engines
def test_every_row_is_on_one_page_exactly_also_those_of_one_moment(app):
    for number in range(25):
        history.record(None, "make_key" if number % 2 else "end_hook", by=None, at=NOW, name=str(number))
    for sought in (Sought(), Sought(whats=("make_key", "end_hook"))):
        seen, after = [], None
        while True:
            found = search(sought, after, size=4)
            seen += [row.id for row in found.rows]
            after = found.next
            if after is None:
                break
        assert seen == sorted((row.id for row in History.select()), reverse=True)


@pytest.mark.both_engines
def test_words_are_sought_a_window_at_a_time_and_the_rest_on_request(app, monkeypatch):
    monkeypatch.setattr(past, "WINDOW", 10)
    for number in range(25):
        history.record(
            None, "end_hook", by=None, at=NOW + number * HOUR, why="100 % weg" if number < 2 else "da"
        )
    sought, found, pages = Sought(words="100 %"), past.Found([]), 0
    after = None
    while pages == 0 or after:
        page = search(sought, after)
        found.rows.extend(page.rows)
        after, pages = page.next, pages + 1
    assert (pages, [row.why for row in found.rows]) == (3, ["100 % weg"] * 2)


def test_the_page_costs_few_questions(admin, case):
    with counted() as queries:
        admin.get("/staff/history")
    assert len(queries) <= 9, queries


def test_what_was_erased_says_only_that(admin, case):  # rule P3
    History.update(why="", facts={}, address="", erased_at=NOW).where(History.what == "note").execute()
    text = admin.get("/staff/history").text
    assert "Einzelheiten gelöscht" in text
    assert "rief an" not in text


def test_the_export_is_what_was_sought_with_its_seals_and_is_recorded(admin, case):
    history.record(case, "note", by=None, at=NOW, why="=HYPERLINK(1)")
    page = admin.get("/staff/history/export", query_string={"case": case.number, "kind": "case"})
    answer = admin.send(page, form="/staff/history/export")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert {row["Was"] for row in rows} >= {"Interne Notiz"}
    assert "Angesehen" not in {row["Was"] for row in rows}
    assert "'=HYPERLINK(1)" in {row["Grund"] for row in rows}
    assert {row["Siegel"] for row in rows} <= {seal.digest for seal in Seal.select()}
    told = History.get(History.what == "export_history")
    assert told.facts["asked"] == {"about": f"case:{case.id}", "kind": "case"}
    assert told.facts["lines"] == len(rows)


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ({"words": "frau muster", "address": "192.0.2.7"}, {"also_by": ["words", "address"]}),
        ({"who": "Portal", "since": "2026-01-01"}, {"by_portal": True, "since": "2026-01-01"}),
        ({"who": "lea lustig"}, {"people": "Lea Lustig"}),
        ({"customer": "haarw"}, {"about": "customer"}),
        ({}, {}),
    ],
)
def test_the_record_of_an_export_keeps_no_words_that_were_typed(admin, case, question, kept):  # rule P3
    lea = Account.get(Account.name == "Lea Lustig")
    ids = {"Lea Lustig": [lea.id], "customer": f"customer:{lea.customer_id}"}
    page = admin.get("/staff/history/export", query_string=question)
    answer = admin.send(page, form="/staff/history/export")
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    told = History.get(History.what == "export_history").facts
    assert told["asked"] == {name: ids.get(str(value), value) for name, value in kept.items()}
    own = sum(row["Kürzel"] == "export_history" for row in rows)  # it was written after the count
    assert told["lines"] == len(rows) - own
