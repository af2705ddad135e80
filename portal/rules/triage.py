"""Is this ours at all, and may the parcel be sent at once?  Rules T1–T9, S1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.rules.warranty import Estimate


class Topic(StrEnum):
    """What is affected (rules T2–T6)."""

    SERVER = "server"
    SOFTWARE = "software"
    PERIPHERAL = "peripheral"
    PC_OR_TABLET = "pc_or_tablet"
    INTERNET = "internet"
    CARD_TERMINAL = "card_terminal"
    DATA_ENTRY = "data_entry"
    BOOKKEEPING = "bookkeeping"
    TRAINING = "training"


class QuickCheck(StrEnum):
    """What the owner tries before a send-in, in this order (rule T1)."""

    POWER = "power"
    CABLE = "cable"
    ROUTER = "router"
    RESTART = "restart"


class CheckAnswer(StrEnum):
    """What came of a quick check (rule T1)."""

    DONE = "done"
    NOT_POSSIBLE = "not_possible"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Who sold the thing (rules T3, L12)."""

    VENDOR = "vendor"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What triage leads to (rule T9)."""

    SEND_IN = "send_in"
    REMOTE_SESSION = "remote_session"
    CHARGEABLE_SERVICE = "chargeable_service"
    NOT_OURS = "not_ours"
    DO_IT_YOURSELF = "do_it_yourself"


class SessionNotice(StrEnum):
    """What must be said wherever a remote session is announced (rules T7, T8)."""

    RUSTDESK_READY = "rustdesk_ready"
    LIVE_ONLY = "live_only"
    HANDS_OFF_IN_SESSION = "hands_off_in_session"
    HANDS_OFF_WHILE_SUPPORT_SIGNED_IN = "hands_off_while_support_signed_in"


class Hold(StrEnum):
    """Why a report waits for staff (rules S1, W2, W4, P1a)."""

    NO_SPARE_PARTS = "no_spare_parts"
    PURCHASE_UNKNOWN = "purchase_unknown"
    CHECKS_OPEN = "checks_open"
    NOT_A_SEND_IN = "not_a_send_in"
    THIRD_PARTY_DEVICE = "third_party_device"
    NOT_IDENTIFIED = "not_identified"
    ALREADY_SENT_IN = "already_sent_in"


TEAMVIEWER_ENDED_ON = date(2022, 8, 1)
"""The day since which TeamViewer is not supported (rule T7)."""

SESSION_NOTICES = tuple(SessionNotice)
"""The notices of every remote session, in order (rules T7, T8)."""


@dataclass(frozen=True)
class Facts:
    """The owner's answers that triage needs; None is a question that was not asked or not answered."""

    topic: Topic
    server_affected: bool | None = None
    bought_from: Origin | None = None
    technical_fault: bool | None = None
    first_training: bool | None = None
    helped: bool = False


def outcome(facts: Facts) -> Outcome:
    """Return where the owner's answers lead (rule T9).

    What helped needs nobody (T1). What is not the vendor's becomes a send-in only if the server is affected
    too (T2); a peripheral and a training are free of charge only if that is known (T3, T6).
    """
    if facts.helped:
        return Outcome.DO_IT_YOURSELF
    match facts.topic:
        case Topic.SERVER:
            return Outcome.SEND_IN
        case Topic.SOFTWARE:
            return Outcome.REMOTE_SESSION
        case Topic.PERIPHERAL:
            return _session_or_charged(facts.bought_from == Origin.VENDOR)
        case Topic.PC_OR_TABLET | Topic.INTERNET | Topic.CARD_TERMINAL:
            return Outcome.SEND_IN if facts.server_affected is True else Outcome.NOT_OURS
        case Topic.DATA_ENTRY:
            return Outcome.DO_IT_YOURSELF
        case Topic.BOOKKEEPING:
            return Outcome.REMOTE_SESSION if facts.technical_fault is True else Outcome.NOT_OURS
        case Topic.TRAINING:
            return _session_or_charged(facts.first_training is True)


def _session_or_charged(covered: bool) -> Outcome:
    return Outcome.REMOTE_SESSION if covered else Outcome.CHARGEABLE_SERVICE


def opens_case(outcome: Outcome) -> bool:
    """Tell whether support gets a case out of it (rules T2, T4, T5)."""
    return outcome not in (Outcome.NOT_OURS, Outcome.DO_IT_YOURSELF)


def needs_acceptance(facts: Facts) -> bool:
    """Tell whether the owner must accept a charge before the request is filed (rules T3, T6)."""
    return outcome(facts) == Outcome.CHARGEABLE_SERVICE


def session_notices(outcome: Outcome) -> tuple[SessionNotice, ...]:
    """Return what must be said before support works with the salon (rules T7, T8)."""
    live = outcome in (Outcome.REMOTE_SESSION, Outcome.CHARGEABLE_SERVICE)
    return SESSION_NOTICES if live else ()


def checks_done(answers: Mapping[QuickCheck, CheckAnswer]) -> bool:
    """Tell whether all four quick checks are answered; unknown is no answer, not possible is one (T1)."""
    return all(answers.get(check, CheckAnswer.UNKNOWN) != CheckAnswer.UNKNOWN for check in QuickCheck)


def holds(
    *,
    outcome: Outcome,
    estimate: Estimate,
    checks_done: bool,
    device_from: Origin,
    identified: bool,
    already_sent_in: bool = False,
) -> tuple[Hold, ...]:
    """Return why a complete report waits for staff; empty is released for shipping at once (rule S1).

    Also rules W2 (no spare parts), W4 (purchase unknown) and P1a (reporter not identified). A device of
    unknown origin is no reason by itself; where nothing is sent in, neither are its age and the quick checks.

    `already_sent_in`: another case of the device stands in one of `workflow.SENT_IN`, so nothing is left in
    the salon to be sent. A session or a service never makes a send-in wait, nor does a report that waits
    for staff itself, or one whose release has lapsed (C2b): with none of them a parcel may be sent.
    """
    sent_in = outcome == Outcome.SEND_IN
    reasons = {
        Hold.NO_SPARE_PARTS: sent_in and estimate == Estimate.NO_SPARE_PARTS,
        Hold.PURCHASE_UNKNOWN: sent_in and estimate == Estimate.UNKNOWN,
        Hold.CHECKS_OPEN: sent_in and not checks_done,
        Hold.NOT_A_SEND_IN: not sent_in,
        Hold.THIRD_PARTY_DEVICE: device_from == Origin.ELSEWHERE,
        Hold.NOT_IDENTIFIED: not identified,
        Hold.ALREADY_SENT_IN: sent_in and already_sent_in,
    }
    return tuple(hold for hold, applies in reasons.items() if applies)
