"""Which questions does a report ask, in which order, and when is it complete?  Rules T, C0, B, L, W.

The answers are a plain mapping: page → what was given there, exactly as it is stored with
the draft and later with the case. The path through the pages follows from the answers
alone, so a report can be left, resumed and changed anywhere. Answers to pages that are no
longer on the path stay where they are: going back never loses anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from portal.rules import links, triage, warranty
from portal.rules.links import Expectation
from portal.rules.triage import CheckAnswer, Facts, Hold, Origin, Outcome, QuickCheck, Topic
from portal.rules.warranty import Estimate

Answers = Mapping[str, Mapping[str, Any]]


class Page(StrEnum):
    """One page of the report; the value is the last part of its address."""

    DEVICE = "device"
    DEVICE_DETAILS = "device-details"
    TOPIC = "topic"
    TOPIC_DETAILS = "topic-details"
    CHARGE = "charge"
    CHECKS = "checks"
    FAULT = "fault"
    RUNNING = "running"
    DATA_FIRST = "data-first"
    ONLINE = "online"
    BACKUP = "backup"
    ENTERED = "entered"
    LINK = "link"
    LINK_TERMS = "link-terms"
    ADDRESS = "address"
    CONTACT = "contact"
    COSTS = "costs"
    REMOTE = "remote"


class ConsentKind(StrEnum):
    """What somebody can accept; each is stored with its wording (rules P4, S7)."""

    THIRD_PARTY_CHARGE = "third_party_charge"  # T3
    TRAINING_CHARGE = "training_charge"  # T6
    NO_SPARE_PARTS = "no_spare_parts"  # W2
    REPAIR_BY_QUOTE = "repair_by_quote"  # W3
    INSPECTION_FEE = "inspection_fee"  # P4
    LINK_TEMPORARY = "link_temporary"  # L2
    LINK_TSE = "link_tse"  # L7
    LINK_DEVICES = "link_devices"  # L8
    REMOTE_TERMS = "remote_terms"  # T7, T8
    NOT_BEFORE_COMMISSIONING = "not_before_commissioning"  # R1
    QUOTE_ACCEPTED = "quote_accepted"  # W3, P4
    QUOTE_DECLINED = "quote_declined"  # W3, P4
    TSE_DISPOSAL = "tse_disposal"  # C4a


@dataclass(frozen=True)
class DeviceFacts:
    """What is known of the device the report is about; None = not known."""

    origin: Origin = Origin.UNKNOWN
    tse_in_server: bool | None = None
    backup_booked: bool | None = None
    estimate: Estimate = Estimate.UNKNOWN
    link_is_open: bool = False  # requested or active already (L1)
    is_sent_in: bool = False  # by another case, released and not over (S1)


UNLISTED = "unlisted"
EARLIEST_YEAR = 2000  # nobody sells older Kassenservers; a year before it is a slip of the finger
TOPICS_WITH_DETAILS = frozenset(Topic) - {Topic.SERVER, Topic.SOFTWARE, Topic.DATA_ENTRY}


def yes_no(answers: Answers, page: Page, name: str) -> bool | None:
    """Return True for "yes", False for "no" and None for "unknown" or no answer."""
    return {"yes": True, "no": False}.get(str(answers.get(page, {}).get(name, "")))


def instant(answers: Answers, page: Page, name: str) -> datetime | None:
    """Return the stored moment in UTC, or None where none was given."""
    text = answers.get(page, {}).get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def unlisted_device(answers: Answers, today: date) -> DeviceFacts:
    """Return the facts of a device that is not in our register, from the owner's answers."""
    given = answers.get(Page.DEVICE_DETAILS, {})
    estimate = Estimate.UNKNOWN
    if given.get("year") and given.get("month"):
        estimate = warranty.estimate_month(int(given["year"]), int(given["month"]), today)
    return DeviceFacts(
        origin=Origin(given.get("origin") or Origin.UNKNOWN),
        tse_in_server=yes_no(answers, Page.DEVICE_DETAILS, "tse"),
        estimate=estimate,
    )


def triage_facts(answers: Answers) -> Facts | None:
    """Return what triage asks for (T9), or None while the topic or its details are open."""
    name = answers.get(Page.TOPIC, {}).get("topic")
    if not name:
        return None
    topic = Topic(name)
    details = answers.get(Page.TOPIC_DETAILS, {})
    if topic in TOPICS_WITH_DETAILS and details.get("topic") != topic:
        return None  # they belong to a topic chosen before
    if topic not in TOPICS_WITH_DETAILS:
        return Facts(topic=topic, helped=topic is Topic.SERVER and _helped(answers))
    affected = yes_no(answers, Page.TOPIC_DETAILS, "server_affected")
    bought = details.get("bought_from")
    return Facts(
        topic=topic,
        server_affected=affected,
        bought_from=Origin(bought) if bought else None,
        technical_fault=yes_no(answers, Page.TOPIC_DETAILS, "technical_fault"),
        first_training=yes_no(answers, Page.TOPIC_DETAILS, "first_training"),
        helped=affected is True and _helped(answers),
    )


def _helped(answers: Answers) -> bool:
    return yes_no(answers, Page.CHECKS, "helped") is True


def outcome(answers: Answers) -> Outcome | None:
    """Return the outcome of triage (T9), or None while it cannot be told yet."""
    facts = triage_facts(answers)
    return triage.outcome(facts) if facts else None


def quick_checks(answers: Answers) -> dict[QuickCheck, CheckAnswer]:
    """Return the answers to the quick checks (T1); unanswered ones are left out."""
    given = answers.get(Page.CHECKS, {})
    return {check: CheckAnswer(given[check]) for check in QuickCheck if given.get(check)}


def charge_kind(answers: Answers, device: DeviceFacts) -> ConsentKind | None:
    """Return the charge the owner must accept before the request is filed (T3, T6), if any.

    A Kassenserver that was not bought from the vendor is third-party hardware as well.
    """
    facts = triage_facts(answers)
    if facts is None:
        return None
    if triage.needs_acceptance(facts):
        return (
            ConsentKind.TRAINING_CHARGE if facts.topic is Topic.TRAINING else ConsentKind.THIRD_PARTY_CHARGE
        )
    third_party = device.origin is Origin.ELSEWHERE and triage.outcome(facts) is Outcome.SEND_IN
    return ConsentKind.THIRD_PARTY_CHARGE if third_party else None


def link_terms(device: DeviceFacts) -> tuple[ConsentKind, ...]:
    """Return what the owner acknowledges before asking for a link (L2, L7, L8).

    L7 is shown to owners with a USB TSE; whoever does not know is shown it too.
    """
    kinds = [ConsentKind.LINK_TEMPORARY, ConsentKind.LINK_DEVICES]
    if device.tse_in_server is not False:
        kinds.append(ConsentKind.LINK_TSE)
    return tuple(kinds)


def cost_consents(device: DeviceFacts, *, inspection_fee: bool) -> tuple[ConsentKind, ...]:
    """Return what the owner accepts about costs before sending (W2, W3, P4)."""
    kinds = []
    if device.estimate is Estimate.NO_SPARE_PARTS:
        kinds.append(ConsentKind.NO_SPARE_PARTS)
    if device.estimate in (Estimate.CHARGEABLE, Estimate.UNKNOWN):
        kinds.append(ConsentKind.REPAIR_BY_QUOTE)
    if inspection_fee and device.estimate is not Estimate.IN_WARRANTY:
        kinds.append(ConsentKind.INSPECTION_FEE)
    return tuple(kinds)


def consents_asked(
    answers: Answers, page: Page, device: DeviceFacts, *, inspection_fee: bool, identified: bool
) -> tuple[ConsentKind, ...]:
    """Return the texts to be accepted on a page, in order (rules S7, P4).

    Without an account the link's terms stand beside the wish for it, and the charge for another vendor's
    server beside what the repair may cost: two pages less for a till that is dead (rule P1a).
    """
    charge = charge_kind(answers, device)
    charges = (charge,) if charge else ()
    match page:
        case Page.CHARGE:
            return charges
        case Page.LINK_TERMS:
            return link_terms(device)
        case Page.LINK:
            return () if identified else link_terms(device)
        case Page.COSTS:
            costs = cost_consents(device, inspection_fee=inspection_fee)
            is_among = _charge_is_among_costs(answers, device, identified=identified)
            return (*charges, *costs) if is_among else costs
        case Page.REMOTE:
            return (ConsentKind.REMOTE_TERMS,)
    return ()


def _charge_is_among_costs(answers: Answers, device: DeviceFacts, *, identified: bool) -> bool:
    """Tell whether a send-in's charge is accepted with the costs; also of who signed in since."""
    kind = charge_kind(answers, device)
    was_there = kind in {consent["kind"] for consent in accepted(answers, Page.COSTS)}
    return outcome(answers) is Outcome.SEND_IN and (was_there or not identified)


def accepted(answers: Answers, page: Page) -> list[Mapping[str, Any]]:
    """Return the acceptances given on a page: kind, wording, version, language, at."""
    return list(answers.get(page, {}).get("consents", []))


def expectation(answers: Answers, device: DeviceFacts, entered: str | None = None) -> Expectation:
    """Return the link to be expected from the answers so far (rules B1a–B3, L4a, L12).

    `entered` ("yes", "no", "unknown") asks what another answer about the data would lead to.
    """
    booked = device.backup_booked
    if booked is None:
        booked = yes_no(answers, Page.BACKUP, "booked")
    running = yes_no(answers, Page.RUNNING, "running")
    uploaded_at = instant(answers, Page.DATA_FIRST, "uploaded_at") if running else None
    given: Answers = answers if entered is None else {Page.ENTERED: {"entered": entered}}
    found = links.expected(
        booked, instant(answers, Page.ONLINE, "at"), uploaded_at, yes_no(given, Page.ENTERED, "entered")
    )
    return links.for_third_party(found) if device.origin is Origin.ELSEWHERE else found


def backup_asked_about(answers: Answers, device: DeviceFacts, *, identified: bool = True) -> datetime | None:
    """Return the backup since which the owner is asked for anything entered (B3), or None: not known.

    Of somebody we do not know yet it is not known whether the backup is booked, which the register will
    tell: they are asked about the one there would be (B2, P1a). Nothing else rests on that.
    """
    backup_at = expectation(answers, device).backup_at
    if identified or device.backup_booked is not None or backup_at is not None:
        return backup_at
    return expectation(answers, replace(device, backup_booked=True)).backup_at


def _entered_is_about(answers: Answers, device: DeviceFacts, *, identified: bool) -> bool:
    """Tell whether the answer about the data was given for the backup that is the last one now (B3).

    "Nothing since Saturday, 7:00" says nothing about Friday: whoever changes the time when the server
    was last online is asked again, or a full link would rest on something nobody said (L4a).
    """
    asked = answers[Page.ENTERED].get("since")
    backup_at = backup_asked_about(answers, device, identified=identified)
    return asked is None or asked == (backup_at.isoformat() if backup_at else "")


def entered_since(answers: Answers, device: DeviceFacts) -> bool | None:
    """Return whether data was entered since the last backup; said about another one it is not known (L4a)."""
    if Page.ENTERED not in answers or not _entered_is_about(answers, device, identified=True):
        return None
    return yes_no(answers, Page.ENTERED, "entered")


def path(answers: Answers, device: DeviceFacts, *, identified: bool = True) -> list[Page]:
    """Return the pages this report asks, in order, as far as the answers tell.

    Who reports without an account has a till that is dead and nothing at hand: the way is shorter, and
    who they are comes last (rule P1a).
    """
    pages = [Page.DEVICE]
    if answers.get(Page.DEVICE, {}).get("device") == UNLISTED:
        pages.append(Page.DEVICE_DETAILS)
    pages.append(Page.TOPIC)
    if answers.get(Page.TOPIC, {}).get("topic") in TOPICS_WITH_DETAILS:
        pages.append(Page.TOPIC_DETAILS)
    facts = triage_facts(answers)
    if facts is None:
        return pages
    if facts.topic is Topic.SERVER or facts.server_affected:
        pages.append(Page.CHECKS)
    result = triage.outcome(facts)
    if not triage.opens_case(result):
        return pages
    if charge_kind(answers, device) and not _charge_is_among_costs(answers, device, identified=identified):
        pages.append(Page.CHARGE)
    if result is Outcome.SEND_IN:
        return pages + _send_in_pages(answers, device, identified=identified)
    last = (Page.CONTACT, Page.REMOTE) if identified else (Page.REMOTE, Page.CONTACT)
    return [*pages, Page.FAULT, *last]


def _send_in_pages(answers: Answers, device: DeviceFacts, *, identified: bool) -> list[Page]:
    pages = [Page.FAULT, Page.RUNNING]
    if yes_no(answers, Page.RUNNING, "running"):
        pages.append(Page.DATA_FIRST)
    pages.append(Page.ONLINE)
    if device.backup_booked is None and identified:  # a fact of the device: who is found out tells it (B1a)
        pages.append(Page.BACKUP)
    pages.append(Page.ENTERED)
    if not device.link_is_open:
        pages.append(Page.LINK)
        wanted = yes_no(answers, Page.LINK, "wanted")
        if wanted and identified and not _has_link_terms(answers, device):
            pages.append(Page.LINK_TERMS)
    return [*pages, Page.ADDRESS, Page.COSTS] if identified else [*pages, Page.COSTS, Page.ADDRESS]


def _has_link_terms(answers: Answers, device: DeviceFacts) -> bool:
    """Tell whether the terms were acknowledged beside the wish itself, as without an account (P1a)."""
    return {consent["kind"] for consent in accepted(answers, Page.LINK)} >= set(link_terms(device))


def holds(answers: Answers, device: DeviceFacts, *, identified: bool) -> tuple[Hold, ...]:
    """Return why the report would wait for staff; empty is released at once (rules S1, P1a)."""
    found = outcome(answers)
    if found is None:
        raise ValueError("the report's outcome cannot be told yet")
    return triage.holds(
        outcome=found,
        estimate=device.estimate,
        checks_done=triage.checks_done(quick_checks(answers)),
        device_from=device.origin,
        identified=identified,
        already_sent_in=device.is_sent_in,
    )


def is_answered(
    answers: Answers, page: Page, device: DeviceFacts, *, inspection_fee: bool, identified: bool = True
) -> bool:
    """Tell whether a page needs no further answer; acceptances must be the ones asked for now."""
    if page not in answers:
        return False
    if not identified and page in (Page.ADDRESS, Page.CONTACT):
        return bool(answers[page].get("email"))
    if page is not Page.LINK or yes_no(answers, Page.LINK, "wanted"):
        known = {"inspection_fee": inspection_fee, "identified": identified}
        given = {consent["kind"] for consent in accepted(answers, page)}
        if not given >= set(consents_asked(answers, page, device, **known)):
            return False
    if page is Page.TOPIC_DETAILS:
        return triage_facts(answers) is not None
    if page is Page.ENTERED:
        return _entered_is_about(answers, device, identified=identified)
    return True


def first_open(
    answers: Answers, device: DeviceFacts, *, inspection_fee: bool, identified: bool = True
) -> Page | None:
    """Return the first page on the path that still needs an answer, or None: complete."""
    known = {"inspection_fee": inspection_fee, "identified": identified}
    for page in path(answers, device, identified=identified):
        if not is_answered(answers, page, device, **known):
            return page
    return None


def costs_are_accepted(answers: Answers, device: DeviceFacts, *, inspection_fee: bool) -> bool:
    """Tell whether everything was accepted that this device may cost (rules T3, T6, W2, W3, P4)."""
    asked = set(cost_consents(device, inspection_fee=inspection_fee))
    charge = charge_kind(answers, device)
    given = {one["kind"] for page in (Page.COSTS, Page.CHARGE) for one in accepted(answers, page)}
    return given >= (asked | {charge} if charge else asked)
