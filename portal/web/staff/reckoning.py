"""Does the link last until the server is back?  The forecast as staff see it (rules L10, S5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from portal.models import Appointment, Case, SubstituteLink
from portal.models.durations import StepTime
from portal.outside import clock
from portal.rules import forecast
from portal.rules.forecast import Leg, Reckoning, Times
from portal.rules.links import LinkState
from portal.rules.urgency import Harm
from portal.rules.workflow import State
from portal.web import labels

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """One step of the reckoning in words."""

    step: str
    usual: str
    basis: str
    left: str
    is_now: bool


@dataclass(frozen=True)
class Shown:
    """The reckoning beside the link: when each of the two is, what that means, and the steps."""

    back: str
    ends_at: datetime
    verdict: str
    is_short: bool
    lines: tuple[Line, ...]


def of_case(case: Case, link: SubstituteLink | None, times: Times) -> Shown | None:
    """Return the reckoning for a case with an active link; None where there is nothing to reckon."""
    if link is None or link.state != LinkState.ACTIVE or link.ends_at is None or not case.is_send_in:
        return None
    found = _reckon(case, times)
    if found is None:
        return None
    gap = found.gap(link.ends_at)
    return Shown(
        back=_("etwa %(day)s", day=labels.day(found.back_at, weekday=False)),
        ends_at=link.ends_at,
        verdict=short_by(gap) or _("Der Link reicht voraussichtlich bis zur Inbetriebnahme."),
        is_short=bool(gap),
        lines=tuple(_line(leg, number == 0) for number, leg in enumerate(found.legs)),
    )


def of_flagged(cases: Iterable[Case]) -> dict[int, Reckoning]:
    """Return the reckoning of each case that is flagged for its link's end; one question, or none.

    One more for each that has its appointment already: they are few, and flagged only if it is too late.
    """
    flagged = [case for case in cases if case.harm == Harm.LINK_ENDS_FIRST and case.is_send_in]
    if not flagged:
        return {}
    times = StepTime.measured()
    found = {case.id: _reckon(case, times) for case in flagged}
    return {case: reckoned for case, reckoned in found.items() if reckoned is not None}


def _reckon(case: Case, times: Times) -> Reckoning | None:
    state = State(case.state)
    booked = Appointment.commissioning_of(case.id) if state is State.COMMISSIONING_BOOKED else None
    until = booked.ends_at if booked else None
    return forecast.reckon(state, case.state_since, case.estimate, times, clock.now(), booked_until=until)


def short_by(gap: timedelta) -> str:
    """Return by how much the link is too short, in whole days, or nothing if it lasts."""
    days = round(gap / DAY)
    if days:
        return ngettext(
            "Link endet %(num)s Tag vor dem Server.", "Link endet %(num)s Tage vor dem Server.", days
        )
    return _("Link endet kurz vor dem Server.") if gap else ""


def _line(leg: Leg, is_now: bool) -> Line:
    basis = (
        ngettext("Median aus %(num)s Vorgang", "Median aus %(num)s Vorgängen", leg.from_cases)
        if leg.from_cases
        else _("Richtwert")
    )
    left = lasting(leg.left) if leg.left else _("überzogen")
    return Line(labels.label(leg.state), lasting(leg.usual), basis, left, is_now)


def lasting(length: timedelta) -> str:
    """Return a length as it is read in a table: "3 Tage", "1,5 Tage", "5 Stunden"."""
    if length >= DAY:
        days = round(length / DAY, 1)
        return ngettext("%(days)s Tag", "%(days)s Tage", 1 if days == 1 else 2, days=format_decimal(days))
    hours = max(1, round(length / HOUR))
    return ngettext("%(num)s Stunde", "%(num)s Stunden", hours)
