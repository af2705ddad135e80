"""Calendar entries as calendars take them: RFC 5545 and 5546, by icalendar (rule R4).

An entry is made of plain data, and the same data makes the same bytes. Its UID is for good; each change
has a higher SEQUENCE, so that a calendar replaces or removes what it has. Times are told in Europe/Berlin,
with the rule of its clock changes in the file.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText
from icalendar import vRecur as Recurrence

BERLIN = ZoneInfo("Europe/Berlin")
PRODUCT = "-//Portal//Appointments//DE"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_NOT_QUOTED = str.maketrans({'"': "'", "^": " ", "\n": " "})
_ADDRESS = re.compile(r"[^\s@<>\"\\:;,^]+@[^\s@<>\"\\:;,^]+")


class Method(StrEnum):
    """What a calendar is asked to do: enter or change it, remove it, or just take it from a download."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True)
class Person:
    """Somebody with an e-mail address; the name may be empty."""

    name: str
    address: str


@dataclass(frozen=True)
class Entry:
    """One appointment in words and times; all moments are aware.

    `guest` is whose calendar it is for; None for a file that anybody takes. `alarms` is how long before
    it begins the calendar rings.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str
    host: Person
    guest: Person | None = None
    url: str = ""
    alarms: tuple[timedelta, ...] = ()
    is_cancelled: bool = False


def written(entry: Entry, method: Method) -> bytes:
    """Return the entry as a file: lines end in CRLF and are folded at 75 octets.

    ValueError for a naive moment, or for an e-mail address that is none.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    calendar.add_component(_berlin())
    calendar.add_component(_event(entry, method))
    return calendar.to_ical()


def _event(entry: Entry, method: Method) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.changed_at))
    event.add("last-modified", _utc(entry.changed_at))
    event.add("dtstart", _on_the_wall(entry.starts_at))
    event.add("dtend", _on_the_wall(entry.ends_at))
    for name, text in (
        ("summary", entry.summary), ("description", entry.description), ("location", entry.location),
    ):  # fmt: skip
        if text:
            event.add(name, vText(_plain(text)))
    if entry.url:
        event.add("url", _plain(entry.url))
    event.add("organizer", _address(entry.host))
    if entry.guest and method is not Method.PUBLISH:
        event.add("attendee", _invited(entry.guest))
    is_off = entry.is_cancelled or method is Method.CANCEL
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if is_off else "OPAQUE")
    for before in () if is_off else entry.alarms:
        event.add_component(_alarm(before, entry.summary))
    return event


def _alarm(before: timedelta, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add("description", vText(_plain(summary)))
    return alarm


def _invited(guest: Person) -> vCalAddress:
    """Return the guest as one who has said yes: they chose the time themselves, no answer is needed."""
    invited = _address(guest)
    for name, value in (("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")):
        invited.params[name] = vText(value)
    return invited


def _address(person: Person) -> vCalAddress:
    if not _ADDRESS.fullmatch(person.address):
        raise ValueError("no e-mail address")
    address = vCalAddress(f"mailto:{person.address}")
    name = " ".join(_plain(person.name).translate(_NOT_QUOTED).split())
    if name:
        address.params["CN"] = vText(name)
    return address


def _berlin() -> Timezone:
    """Return the clock changes of Europe/Berlin since 1996, the rule of today."""
    zone = Timezone()
    zone.add("tzid", BERLIN.key)
    summer, winter = timedelta(hours=2), timedelta(hours=1)
    for part, name, begun, month, before, after in (
        (TimezoneDaylight(), "CEST", datetime(1996, 3, 31, 2), 3, winter, summer),  # noqa: DTZ001
        (TimezoneStandard(), "CET", datetime(1996, 10, 27, 3), 10, summer, winter),  # noqa: DTZ001
    ):
        part.add("dtstart", begun)
        part.add("rrule", Recurrence({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": "-1SU"}))
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        zone.add_component(part)
    return zone


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    return moment.astimezone(UTC).replace(microsecond=0)


def _on_the_wall(moment: datetime) -> datetime:
    """Return the moment in Berlin's time; in the hour that comes twice a year, the second time, in UTC."""
    shown = _utc(moment).astimezone(BERLIN)
    return _utc(moment) if shown.fold else shown


def _plain(text: str) -> str:
    """Return the text with line feeds as its only control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " ").replace("\r", "\n"))
