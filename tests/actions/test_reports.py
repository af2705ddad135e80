"""Is a report kept page by page, and does sending it make one case?  Rules P1, S1, S3, S7, L1, L4a."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.actions import cases, links, reported, reports
from portal.models import Attachment, Case, Consent, Counter, Device, Draft, History, Letter, SubstituteLink
from portal.models.accounts import hash_of
from portal.rules import numbers
from portal.rules.links import Answer, LinkReason, LinkState, Mode, Reason
from portal.rules.report import UNLISTED, ConsentKind, Page
from portal.rules.triage import Hold, Origin, Outcome
from portal.rules.urgency import Harm
from portal.rules.warranty import Estimate
from portal.rules.workflow import State
from tests.builders import (
    NOW,
    a_case,
    a_device,
    a_draft,
    a_link_request,
    a_salon,
    a_staff_member,
    an_active_link,
    an_operator,
    an_owner,
    consent,
)
from tests.filled_in import CHECKS_OPEN

LATER = NOW + timedelta(minutes=7)
CONTACT = {"contact_name": "Ada Muster", "phone": "+49220212345"}
REMOTE = {"consents": [consent(ConsentKind.REMOTE_TERMS)]}
TERMS = [
    consent(kind) for kind in (ConsentKind.LINK_TEMPORARY, ConsentKind.LINK_DEVICES, ConsentKind.LINK_TSE)
]
WANTS_LINK = {"link": {"wanted": "yes"}, "link_terms": {"consents": TERMS}}
BY_QUOTE = {"consents": [consent(ConsentKind.REPAIR_BY_QUOTE)]}


def an_owner_of(device: Device):
    return an_owner(device.salon.customer)


def a_photo(draft: Draft, number: int = 1) -> Attachment:
    return reports.add_photo(draft, name=f"photo-{draft.id}-{number}", width=4, height=3, size=9, now=NOW)


def a_draft_about(chosen: str, owner=None, **pages) -> Draft:
    """Make a complete report in which this was chosen as the device."""
    draft, _key = a_draft(None, owner, **pages)
    return reports.answer(draft, Page.DEVICE, {"device": chosen}, account=owner, now=NOW)


# The draft


def test_each_page_keeps_its_answers_and_leaves_the_others(database):
    draft, _key = reports.begin(account=None, now=NOW)
    reports.answer(draft, Page.TOPIC, {"topic": "server"}, account=None, now=NOW)
    reports.answer(draft, Page.RUNNING, {"running": "no"}, account=None, now=NOW)
    kept = reports.answer(draft, Page.TOPIC, {"topic": "software"}, account=None, now=LATER)
    assert kept.answers == {"topic": {"topic": "software"}, "running": {"running": "no"}}
    assert (kept.revision, kept.changed_at) == (3, LATER)


def test_a_report_belongs_to_the_browser_that_holds_its_key(database):  # rule P1
    draft, key = reports.begin(account=None, now=NOW)
    assert reports.find(key) == draft
    assert Draft.get().key_hash == hash_of(key)
    for stranger in (None, "", key + "x", hash_of(key)):
        assert reports.find(stranger) is None


def test_another_browser_takes_a_report_along_and_the_old_key_ends(database):
    owner = an_owner()
    draft, old = reports.begin(account=owner, now=NOW)
    taken, new = reports.take_along(draft, account=owner, now=LATER)
    assert (reports.find(new), reports.find(old)) == (taken, None)
    _same, useless = reports.take_along(draft, account=an_owner(), now=LATER)  # rule P1
    assert reports.find(useless) is None
    assert reports.find(new) == draft


def test_after_sending_nothing_of_the_report_changes(database):  # rule T9
    device = a_device()
    draft, _key = a_draft(device, an_owner_of(device))
    photo = a_photo(draft)
    case = reports.send(draft, by=draft.account, now=NOW)
    with pytest.raises(reports.ReportSent):
        reports.answer(draft, Page.TOPIC, {"topic": "software"}, account=None, now=LATER)
    with pytest.raises(reports.ReportSent):
        a_photo(draft, 2)
    with pytest.raises(reports.ReportSent):
        reports.discard(draft)
    with pytest.raises(reports.ReportSent):
        reports.remove_photo(photo)
    assert [found.name for found in case.photos] == [photo.name]
    assert Case.get().answers["topic"] == {"topic": "server"}


def test_an_unsent_report_can_be_thrown_away_with_its_photos(database):
    draft, key = reports.begin(account=None, now=NOW)
    a_photo(draft)
    assert reports.discard(draft) == [f"photo-{draft.id}-1"]
    assert (reports.find(key), Attachment.select().count()) == (None, 0)


def test_a_report_has_five_photos_at_most(database):
    draft, _key = reports.begin(account=None, now=NOW)
    photos = [a_photo(draft, number) for number in range(5)]
    with pytest.raises(reports.TooManyPhotos):
        a_photo(draft, 6)
    reports.remove_photo(photos[0])
    reports.remove_photo(photos[0])  # twice does no harm
    assert a_photo(draft, 6).draft == draft


# Sending


def test_a_complete_report_of_a_good_device_is_released_at_once(database):  # rule S1
    night = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
    case = a_case(now=night)
    assert (case.state, case.holds, case.released_at) == (State.AWAITING_SHIPMENT, [], night)
    assert (case.outcome, case.estimate, case.estimated_on) == (
        Outcome.SEND_IN,
        Estimate.IN_WARRANTY,
        date(2026, 11, 22),
    )
    assert numbers.parse(case.number) == case.number
    assert [row.what for row in History.of_case(case)] == ["submit", "release"]
    assert [letter.event for letter in case.letters] == ["released"]
    assert Draft.get().sent_at == night


@pytest.mark.parametrize(
    ("facts", "changes", "hold"),
    [
        ({"purchased_on": date(2019, 12, 31)}, {}, Hold.NO_SPARE_PARTS),
        ({"purchased_on": None}, {}, Hold.PURCHASE_UNKNOWN),
        ({}, {"checks": CHECKS_OPEN}, Hold.CHECKS_OPEN),
        (
            {},
            {"topic": {"topic": "software"}, "contact": CONTACT, "remote": REMOTE},
            Hold.NOT_A_SEND_IN,
        ),
        (
            {"origin": Origin.ELSEWHERE},
            {"charge": {"consents": [consent(ConsentKind.THIRD_PARTY_CHARGE)]}},
            Hold.THIRD_PARTY_DEVICE,
        ),
    ],
)
def test_everything_else_waits_for_staff_with_its_reason(database, facts, changes, hold):  # rule S1
    case = a_case(a_device(**facts), **changes)
    assert (case.state, case.holds, case.released_at) == (State.SUBMITTED, [hold], None)
    assert [(letter.event, letter.context["holds"]) for letter in case.letters] == [("submitted", [hold])]
    assert case.harm is not None


def test_all_reasons_are_named(database):  # rule S1
    device = a_device(purchased_on=None, origin=Origin.ELSEWHERE)
    charge = {"consents": [consent(ConsentKind.THIRD_PARTY_CHARGE)]}
    case = a_case(device, checks=CHECKS_OPEN, charge=charge)
    assert case.holds == [Hold.PURCHASE_UNKNOWN, Hold.CHECKS_OPEN, Hold.THIRD_PARTY_DEVICE]


def test_sent_twice_it_is_one_case(database):  # rule S3
    device = a_device()
    draft, _key = a_draft(device, an_owner_of(device), **WANTS_LINK)
    first = reports.send(draft, by=draft.account, now=NOW)
    counts = [table.select().count() for table in (History, Letter, Consent, SubstituteLink)]
    assert reports.send(draft, by=draft.account, now=LATER) == first
    assert [table.select().count() for table in (History, Letter, Consent, SubstituteLink)] == counts
    assert Case.select().count() == 1


@pytest.mark.parametrize(
    ("missing", "page"),
    [
        ({"topic": None}, Page.TOPIC),
        ({"topic": {"topic": "internet"}}, Page.TOPIC_DETAILS),
        ({"topic": {"topic": "data_entry"}}, Page.TOPIC),  # no case comes of it
        ({"checks": {"helped": "yes"}}, Page.TOPIC),
        ({"checks": None}, Page.CHECKS),
        ({"fault": None}, Page.FAULT),
        ({"running": {"running": "yes"}}, Page.DATA_FIRST),
        ({"entered": None}, Page.ENTERED),
        ({"link": {"wanted": "yes"}}, Page.LINK_TERMS),
        ({"link": {"wanted": "yes"}, "link_terms": {"consents": TERMS[:2]}}, Page.LINK_TERMS),
        ({"address": None}, Page.ADDRESS),
        ({"costs": None}, Page.COSTS),
    ],
)
def test_an_incomplete_report_names_the_page_and_stays_a_draft(database, missing, page):
    device = a_device()
    draft, _key = a_draft(device, an_owner_of(device), **missing)
    with pytest.raises(reports.ReportIncomplete) as incomplete:
        reports.send(draft, by=draft.account, now=NOW)
    assert incomplete.value.page is page
    assert (Draft.get().sent_at, Case.select().count(), Counter.select().count()) == (None, 0, 0)


def test_a_cost_that_changed_meanwhile_must_be_accepted_first(database):  # rule P4
    device = a_device(purchased_on=date(2021, 5, 2))
    draft, _key = a_draft(device, an_owner_of(device), costs=BY_QUOTE)
    an_operator(inspection_fee_cents=4900)
    with pytest.raises(reports.ReportIncomplete) as incomplete:
        reports.send(draft, by=draft.account, now=NOW)
    assert incomplete.value.page is Page.COSTS


@pytest.mark.parametrize("chosen", ["", "0", "-1", "9" * 30, "٣", "x", "1; DROP TABLE device"])
def test_a_device_that_is_none_must_be_chosen_again(database, chosen):
    draft = a_draft_about(chosen, an_owner())
    assert reported.device_of(draft, draft.account) is None
    with pytest.raises(reports.ReportIncomplete) as incomplete:
        reports.send(draft, by=draft.account, now=NOW)
    assert incomplete.value.page is Page.DEVICE


def test_somebody_elses_device_is_never_taken(database):  # rule P1
    theirs = a_device()
    draft, _key = a_draft(theirs, an_owner())
    assert reported.device_of(draft, draft.account) is None
    assert reported.device_of(draft, None) is None
    assert reported.device_of(draft, a_staff_member()) is None
    with pytest.raises(reports.ReportIncomplete):
        reports.send(draft, by=draft.account, now=NOW)
    assert Case.select().count() == 0


def test_a_device_that_is_not_listed_is_registered_with_the_case(database):
    owner = an_owner()
    salon = a_salon(owner.customer)
    details = {"salon": str(salon.id), "year": "2024", "month": "3", "tse": "yes", "origin": "vendor"}
    draft = a_draft_about(UNLISTED, owner, device_details=details, backup={"booked": "no"}, costs=BY_QUOTE)
    case = reports.send(draft, by=owner, now=NOW)
    device = case.device
    assert (device.salon, device.purchased_in, device.serial) == (salon, "2024-03", None)
    assert (device.origin, device.tse_in_server, device.backup_booked) == (Origin.VENDOR, True, False)
    assert (case.estimate, case.holds) == (Estimate.CHARGEABLE, [])


def test_photos_move_to_the_case(database):
    device = a_device()
    draft, _key = a_draft(device, an_owner_of(device))
    other, _key = reports.begin(account=None, now=NOW)
    a_photo(other)
    names = {a_photo(draft, number).name for number in range(3)}
    case = reports.send(draft, by=draft.account, now=NOW)
    assert {photo.name for photo in case.photos} == names


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("peripheral", ConsentKind.THIRD_PARTY_CHARGE), ("training", ConsentKind.TRAINING_CHARGE)],
)
def test_a_charge_is_accepted_before_the_request_and_kept_as_it_was_shown(
    database, topic, kind
):  # rule T3, rule T6
    device = a_device()
    details = {"topic": topic, "bought_from": "elsewhere", "first_training": "no"}
    pages = {"topic": {"topic": topic}, "topic_details": details, "contact": CONTACT, "remote": REMOTE}
    draft, _key = a_draft(device, an_owner_of(device), **pages)
    with pytest.raises(reports.ReportIncomplete) as incomplete:
        reports.send(draft, by=draft.account, now=NOW)
    assert incomplete.value.page is Page.CHARGE
    shown = {"kind": kind, "wording": "Das kostet 95,00 €.", "version": "3", "language": "en"}
    accepted = {**shown, "amount_cents": 9500, "at": LATER.isoformat()}
    reports.answer(draft, Page.CHARGE, {"consents": [accepted]}, account=draft.account, now=NOW)
    case = reports.send(draft, by=draft.account, now=LATER)
    kept = Consent.select().where(Consent.kind == kind).dicts().get()
    assert {name: kept[name] for name in shown} == shown  # rule S7
    assert (kept["amount_cents"], kept["at"], kept["case"], kept["account"]) == (  # rule P4
        9500,
        LATER,
        case.id,
        draft.account_id,
    )
    assert case.outcome is Outcome.CHARGEABLE_SERVICE


def test_what_was_accepted_on_a_page_no_longer_asked_is_not_kept(database):  # rule S7
    case = a_case(charge={"consents": [consent(ConsentKind.THIRD_PARTY_CHARGE)]}, costs={"consents": []})
    assert Consent.select().where(Consent.case == case).count() == 0


# The link that is asked for along with it


@pytest.mark.parametrize(
    ("entered", "answer", "reason"),
    [
        ("no", Answer.FULL, Reason.NOTHING_ENTERED),
        ("yes", Answer.VIEW_ONLY, Reason.DATA_ENTERED),
        ("unknown", Answer.VIEW_ONLY, Reason.ENTERED_UNKNOWN),
    ],
)
def test_the_link_is_asked_for_with_the_expected_answer_and_its_reasons(
    database, entered, answer, reason
):  # rule L4a
    case = a_case(entered={"entered": entered}, **WANTS_LINK)
    link = SubstituteLink.get()
    assert (link.case, link.state, link.reason) == (case, LinkState.REQUESTED, LinkReason.DEFECT)
    assert (link.expected, link.reasons) == (answer, [Reason.BACKUP_FROM_SLOT, reason])
    assert link.backup_at == datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 07:00 in Berlin, rule B2
    terms = Consent.select().where(Consent.link == link)
    assert {term.kind for term in terms} == {term["kind"] for term in TERMS}
    assert {term.case for term in terms} == {case}


def test_a_third_party_server_leaves_the_link_to_staff(database):  # rule L12
    charge = {"consents": [consent(ConsentKind.THIRD_PARTY_CHARGE)]}
    a_case(a_device(origin=Origin.ELSEWHERE), charge=charge, **WANTS_LINK)
    assert SubstituteLink.get().expected is Answer.STAFF


def test_who_wants_no_link_gets_none(database):
    a_case()
    assert SubstituteLink.select().count() == 0


def test_an_open_link_joins_the_case(database):  # rule L1
    link = a_link_request(reason=LinkReason.MOVING)
    case = a_case(link.device, link.requester, **WANTS_LINK)
    joined = SubstituteLink.get()
    assert (joined.id, joined.case, joined.state) == (link.id, case, LinkState.REQUESTED)
    assert joined.revision > link.revision


def test_an_active_link_joins_the_case_and_goes_on(database):  # rule L1
    link = an_active_link(mode=Mode.VIEW_ONLY)
    case = a_case(link.device, link.requester)
    joined = SubstituteLink.get()
    assert (joined.case, joined.state, joined.ends_at) == (case, LinkState.ACTIVE, link.ends_at)


def test_a_link_past_its_end_is_asked_for_anew_worker_or_no_worker(database):  # rules L1, L9
    over = an_active_link(mode=Mode.VIEW_ONLY, days=1)
    case = a_case(over.device, now=over.ends_at, **WANTS_LINK)
    new = SubstituteLink.get(SubstituteLink.case == case)
    assert (new.id != over.id, new.state) == (True, LinkState.REQUESTED)
    assert SubstituteLink.get_by_id(over.id).state is LinkState.ENDED


def test_the_open_link_of_a_cancelled_case_joins_the_next_one(database):  # rule L1
    first = a_case(**WANTS_LINK)
    first = cases.cancel(first, by=first.reporter, now=NOW)
    assert first.harm is Harm.LINK_OTHER  # nobody waits in a queue any more, but the request is there
    second = a_case(first.device, first.reporter, now=LATER)
    assert SubstituteLink.get().case == second
    assert SubstituteLink.shown_with(second) == SubstituteLink.get()
    assert (Case.get_by_id(first.id).harm, second.harm) == (None, Harm.CANNOT_CASH)


def test_the_link_of_a_case_that_goes_on_stays_with_it(database):  # rule L1
    first = a_case(**WANTS_LINK)
    a_case(first.device, first.reporter, now=LATER)
    assert SubstituteLink.get().case == first


def test_an_ended_link_is_no_link_a_new_one_is_asked_for(database):  # rule L3
    link = a_link_request()
    links.withdraw(link, by=link.requester, now=NOW)
    case = a_case(link.device, link.requester, **WANTS_LINK)
    assert SubstituteLink.open_for(link.device).case == case
    assert SubstituteLink.get_by_id(link.id).case is None


# Who and which number


def test_only_owners_send_reports(database):  # rule P1
    draft = a_draft_about(UNLISTED, None, device_details={}, backup={"booked": "no"})
    with pytest.raises(ValueError, match="may not"):
        reports.send(draft, by=a_staff_member(), now=NOW)
    assert Draft.get().sent_at is None


def test_numbers_are_given_in_order_and_by_the_berlin_year(database):
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    given = [a_case(now=now).number for now in (NOW, NOW, new_year)]
    assert [numbers.parse(number)[:9] for number in given] == ["R26000001", "R26000002", "R27000001"]
