"""Does the worker let go of what is over, of nothing else, and only once?  Rule P3."""

import json
from datetime import date, timedelta

import pytest

from portal.actions import erasing, retention
from portal.models import (
    TABLES,
    Account,
    Attachment,
    Case,
    Consent,
    Customer,
    Draft,
    Feedback,
    History,
    Letter,
    Message,
    Operator,
    OutageLine,
    Round,
    SignIn,
    SubstituteLink,
)
from portal.rules.retention import Kind
from tests.actions.closed_cases import SECRETS, a_closed_case
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_case, a_draft, a_link_request, an_admin, an_owner
from tests.queries import counted

AFTER_SIX = NOW.replace(year=2033, month=1, day=1)
AFTER_TEN = NOW.replace(year=2037, month=1, day=1)


def work_to_the_end(now) -> list[str]:
    photos = []
    for _ in range(20):
        photos += retention.work_due(now=now)
        if Round.get_or_none(Round.name == retention.ROUND, Round.at == now):
            return photos
    raise AssertionError("it never ends")


def test_closed_cases_get_their_period_and_open_ones_none(database):  # rule P3
    plain, quoted, linked = a_closed_case(), a_closed_case(quote=True), a_closed_case(link=True)
    settled, still_open = a_closed_case(final_cents=23800), a_case()
    with counted() as queries:
        assert retention.set_periods(now=NOW) == 4
    assert len(queries) <= 10, queries
    ends = [Case.get_by_id(case.id).keep_until for case in (plain, quoted, linked, settled, still_open)]
    assert ends == [date(2032, 12, 31), date(2034, 12, 31), date(2036, 12, 31), date(2034, 12, 31), None]
    assert retention.set_periods(now=NOW) == 0


def test_what_a_case_said_is_gone_after_its_period_and_its_way_stays(database):  # rules P3, S
    case, other = a_closed_case(quote=True, link=True), a_case()
    photo = Attachment.get(Attachment.case == case).name
    way = list(History.select(History.at, History.what, History.target).where(History.case == case).tuples())
    last_day = NOW.replace(year=2036, month=12, day=31, hour=22)
    assert work_to_the_end(last_day) == []
    assert Case.get_by_id(case.id).erased_at is None
    assert work_to_the_end(AFTER_TEN) == [photo]
    erased = Case.get_by_id(case.id)
    assert (erased.number, erased.state, erased.state_since) == (case.number, case.state, case.state_since)
    assert erased.erased_at == AFTER_TEN
    assert list(History.select(History.at, History.what, History.target).where(
        History.case == case).tuples()) == way  # fmt: skip
    _assert_nothing_is_left_of(case)
    assert Case.get_by_id(other.id).contact_name == "Ada Muster"  # an open one, however old
    assert Consent.select().where(Consent.case == case, Consent.wording != "").exists()  # without its person


def _assert_nothing_is_left_of(case: Case) -> None:
    for table in (Message, OutageLine, Attachment, Letter):
        assert not table.select().where(table.case == case).exists(), table
    rows = [Case.select().where(Case.id == case.id), *(
        table.select().where(table.case == case) for table in TABLES if "case" in table._meta.fields
    )]  # fmt: skip
    said = json.dumps([list(query.dicts()) for query in rows], default=str, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in said] == []
    assert not Draft.select().where(Draft.id == case.draft_id).exists()
    feedback = Feedback.of_case(case)
    assert (feedback.score, feedback.text) == (4, "")


def test_two_workers_at_once_and_one_that_dies_erase_each_case_once(database, monkeypatch):  # rules P3, S3
    cases = [a_closed_case() for _ in range(3)]
    retention.set_periods(now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "erase_words", lambda *_which, now: 1 / 0)  # killed midway
        with pytest.raises(ZeroDivisionError):
            retention.erase_cases(now=AFTER_SIX)
    assert Case.get_by_id(cases[0].id).contact_name == "Ada Muster"  # wholly or not at all
    work = [lambda: retention.erase_cases(now=AFTER_SIX)] * 2
    found = at_once(*work)
    assert kinds(found) == ["tuple", "tuple"]
    assert sorted(name for photos, _more in found for name in photos) == sorted(
        f"{case.id:032x}.jpg" for case in cases
    )


def test_other_years_count_for_cases_that_were_closed_before(database):  # rule P3
    case, admin = a_closed_case(), an_admin()
    retention.set_periods(now=NOW)
    years = {Kind.CORRESPONDENCE: 3, Kind.VOUCHERS: 8, Kind.BOOKS: 10}
    assert retention.preview(years, now=NOW.replace(year=2030)) == 1
    assert retention.preview(years, now=NOW) == 0
    retention.set_years(years, by=admin, now=NOW)
    assert History.get(History.what == "set_retention").facts["new"]["correspondence"] == 3
    retention.set_periods(now=NOW)
    assert Case.get_by_id(case.id).keep_until == date(2029, 12, 31)
    with pytest.raises(ValueError, match="bounds"):
        retention.set_years({Kind.BOOKS: 1}, by=admin, now=NOW)
    assert Operator.current().retention_years["books"] == 10


def test_it_is_done_once_an_hour_and_says_when_it_is_late(database):  # rule P3
    a_closed_case()
    retention.set_periods(now=NOW)
    Round.create(name=retention.ROUND, at=AFTER_SIX)
    assert retention.work_due(now=AFTER_SIX + timedelta(minutes=59)) == []
    assert not retention.overdue(now=AFTER_SIX)
    assert retention.overdue(now=AFTER_SIX + timedelta(days=8))
    assert work_to_the_end(AFTER_SIX + timedelta(minutes=60))
    assert not retention.overdue(now=AFTER_SIX + timedelta(days=8))


def test_reports_nobody_went_on_with_go_with_their_photos(database):  # rule P3
    old, _key = a_draft(now=NOW)
    Attachment.create(draft=old, name="a.jpg", width=1, height=1, size=1, at=NOW)
    fresh, _key = a_draft(now=NOW + timedelta(days=2))
    sent = a_case(now=NOW)
    assert work_to_the_end(NOW + timedelta(days=31)) == ["a.jpg"]
    assert [draft.id for draft in Draft.select()] == [fresh.id]
    assert Case.get_by_id(sent.id).answers  # the case has them for its own time


def test_old_letters_go_but_for_those_of_open_cases(database):  # rules P3, S6
    still_open, closed = a_case(), a_case()
    Letter.update(due_at=None, sent_at=NOW).execute()
    Case.update(state="cancelled").where(Case.id == closed.id).execute()
    waiting = a_case(now=NOW + timedelta(days=1))
    work_to_the_end(NOW + timedelta(days=367))
    assert {letter.case_id for letter in Letter.select()} == {still_open.id, waiting.id}


def test_from_where_people_signed_in_is_forgotten(database):  # rule P3
    owner = an_owner()
    ended = {"account": owner, "created_at": NOW - timedelta(days=200)}
    SignIn.create(token_hash="a", ended_at=NOW - timedelta(days=91), **ended)
    SignIn.create(token_hash="b", **ended | {"created_at": NOW})
    for what, at in (("sign_in", NOW - timedelta(days=91)), ("change_operator", NOW - timedelta(days=91))):
        History.create(what=what, at=at, account=owner, address="198.51.100.7")
    work_to_the_end(NOW)
    assert [row.token_hash for row in SignIn.select()] == ["b"]
    assert [row.address for row in History.select().order_by(History.id)] == ["", "198.51.100.7"]


def test_a_link_without_a_case_has_a_period_of_its_own(database):  # rule P3
    link = a_link_request()
    SubstituteLink.update(
        state="refused", open_device=None, refusal="Geheimes", requested_at=NOW
    ).where(SubstituteLink.id == link.id).execute()  # fmt: skip
    work_to_the_end(NOW.replace(year=2032, month=12, day=31))
    assert SubstituteLink.get().refusal == "Geheimes"
    work_to_the_end(AFTER_SIX)
    assert (SubstituteLink.get().refusal, SubstituteLink.get().requester_id) == ("", None)


def test_a_locked_business_goes_with_its_last_record(database):  # rule P3
    case = a_closed_case()
    Customer.update(locked_at=NOW).execute()
    work_to_the_end(NOW)
    assert Customer.get().name == "Haarwerk GmbH"
    work_to_the_end(AFTER_TEN)
    gone = Customer.get()
    assert (gone.name, gone.number) == ("", f"#{gone.id}")
    assert gone.salons.get().street == ""
    assert Case.get_by_id(case.id).number == case.number


def test_files_that_belong_to_nothing_are_known(database):  # rule P3
    case = a_closed_case()
    assert retention.strays([f"{case.id:032x}.jpg", "f" * 32 + ".jpg"]) == ["f" * 32 + ".jpg"]


def test_a_person_goes_and_what_they_did_stays(database):  # rule P3
    case, admin = a_closed_case(), an_admin()
    owner = Account.get_by_id(case.reporter_id)
    erasing.anonymise(owner, by=admin, now=NOW, why="Auf Wunsch")
    gone = Account.get_by_id(owner.id)
    assert (gone.name, gone.password_hash, gone.closed_at) == (f"#{owner.id}", None, NOW)
    assert gone.email.endswith("@deleted.invalid")
    assert not Letter.select().where(Letter.recipient == owner.email).exists()
    assert History.select().where(History.account == owner, History.case == case).exists()
    assert Case.get_by_id(case.id).contact_name == "Ada Muster"  # the business's record
    assert History.get(History.what == "anonymise").why == "Auf Wunsch"
    erasing.anonymise(owner, by=admin, now=NOW)
    assert History.select().where(History.what == "anonymise").count() == 1
    with pytest.raises(erasing.NotErasable):
        erasing.anonymise(admin, by=admin, now=NOW)
