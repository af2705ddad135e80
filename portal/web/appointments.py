"""What both sides show of appointments: free days and times to choose from, in Berlin's time (rule R4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_babel import format_date, format_time, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.models import CalendarKind
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import Kind

STRIP = 6  # days shown at once: two rows on a phone
LONGEST_NOTE = 500
_FORM = "%Y-%m-%dT%H:%MZ"

# What each kind is, in one sentence.
ABOUT: dict[Kind, Any] = {
    Kind.COMMISSIONING: _l("Wir nehmen den zurückgeschickten Kassenserver gemeinsam mit Ihnen in Betrieb."),
    Kind.REMOTE: _l("Wir schalten uns mit RustDesk auf Ihre Kasse und suchen mit Ihnen den Fehler."),
    Kind.CALL: _l("Wir rufen Sie an und besprechen mit Ihnen, wie es weitergeht."),
}


@dataclass(frozen=True)
class FreeDay:
    """One day with free times, in order."""

    day: date
    times: tuple[datetime, ...]

    @property
    def weekday(self) -> str:
        """Return "heute", "morgen" or "Di"."""
        today = berlin.day_of(clock.now())
        near = {today: _("heute"), today + timedelta(days=1): _("morgen")}
        return near.get(self.day) or format_date(self.day, "EEE").rstrip(".")

    @property
    def short(self) -> str:
        """Return "24. Nov."."""
        return format_date(self.day, "d MMM" if str(get_locale()).startswith("en") else "d. MMM")

    @property
    def parts(self) -> Iterator[tuple[Any, tuple[datetime, ...]]]:
        """Yield the parts of the day that have free times, with these."""
        for name, first, last in ((_("Vormittag"), 0, 12), (_("Nachmittag"), 12, 17), (_("Abend"), 17, 24)):
            times = tuple(one for one in self.times if first <= berlin.to_berlin(one).hour < last)
            if times:
                yield name, times


@dataclass(frozen=True)
class Offer:
    """Some of the free days, the chosen one, and the days that lead to the pages before and after."""

    strip: tuple[FreeDay, ...] = ()
    chosen: FreeDay | None = None
    earlier: date | None = None
    later: date | None = None


def offer(starts: Iterable[datetime], wanted: date | None) -> Offer:
    """Return what to show of the free times: the wanted day, else the first free one after it."""
    days = days_of(starts)
    if not days:
        return Offer()
    place = next((n for n, one in enumerate(days) if wanted is None or one.day >= wanted), len(days) - 1)
    first = place - place % STRIP
    strip, rest = days[first : first + STRIP], days[first + STRIP :]
    earlier = days[max(first - STRIP, 0)].day if first else None
    return Offer(tuple(strip), days[place], earlier, rest[0].day if rest else None)


def days_of(starts: Iterable[datetime]) -> list[FreeDay]:
    """Return the days of these beginnings in order, each with its own."""
    found: dict[date, list[datetime]] = {}
    for start in sorted(starts):
        found.setdefault(berlin.day_of(start), []).append(start)
    return [FreeDay(day, tuple(times)) for day, times in found.items()]


def days_ahead(settings: CalendarKind | None) -> int:
    """Return how many days to look through for free times."""
    return settings.ahead_days + 1 if settings else 1


def text_of(moment: datetime) -> str:
    """Return a beginning as it stands in addresses and forms: 2026-11-24T09:00Z."""
    return berlin.aware(moment).strftime(_FORM)


def moment_of(text: str) -> datetime | None:
    """Return the beginning of this text, or None for what is none."""
    try:
        found = datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def wall_clock(moment: datetime) -> str:
    """Return "9:00" in Berlin."""
    return format_time(moment, "H:mm")


def weekday(moment: datetime) -> str:
    """Return "Dienstag"."""
    return format_date(berlin.day_of(moment), "EEEE")


def from_to(starts_at: datetime, ends_at: datetime) -> str:
    """Return "9:00 bis 10:00 Uhr"."""
    return _("%(start)s bis %(end)s Uhr", start=wall_clock(starts_at), end=wall_clock(ends_at))


def end_of(starts_at: datetime, settings: CalendarKind) -> datetime:
    """Return when an appointment that begins then would end."""
    return starts_at + timedelta(minutes=settings.minutes)
