"""Do calendars understand what we send?  RFC 5545 and 5546, read back; rules R4, T8."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from portal.outside.calendar import Entry, Method, Person, written

BERLIN = ZoneInfo("Europe/Berlin")
EVIL = 'Ada "Q"; Muster, \\\r\nATTENDEE:mailto:evil@x.example\rX-A:1\n\x00\x0b\x85\u2028 Ende'
ENTRY = Entry(
    uid="5d0f3a",
    sequence=3,
    changed_at=datetime(2026, 11, 22, 9, 30, 15, 999, tzinfo=UTC),
    starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 10, tzinfo=UTC),
    summary="Inbetriebnahme",
    description="Noch nicht benutzen.\n\nHalten Sie RustDesk bereit; TeamViewer, nein.",
    location="Salon Haarwerk, Lindenstraße 8, 51469 Bergisch Gladbach",
    host=Person("JoeCash", "support@portal.example"),
    guest=Person("Ada Muster", "ada@salon.example"),
    url="https://portal.example/cases/R260000011",
    alarms=(timedelta(days=1), timedelta(hours=1)),
)


def read(entry=ENTRY, method=Method.REQUEST):
    """Return the file's calendar and its only event, as another program reads them."""
    calendar = Calendar.from_ical(written(entry, method))
    (event,) = calendar.walk("VEVENT")
    assert not calendar.errors
    assert not event.errors
    return calendar, event


def test_an_invitation_has_all_that_calendars_ask_for():  # rule R4
    calendar, event = read()
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("5d0f3a", 3, "CONFIRMED")
    assert event["DTSTAMP"].dt == ENTRY.changed_at.replace(microsecond=0)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (ENTRY.starts_at, ENTRY.ends_at)
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["ORGANIZER"] == "mailto:support@portal.example"
    assert event["ATTENDEE"] == "mailto:ada@salon.example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["DESCRIPTION"] == ENTRY.description
    assert (event["LOCATION"], event["URL"]) == (ENTRY.location, ENTRY.url)


def test_it_rings_a_day_and_an_hour_before():  # rule R4
    alarms = read()[1].walk("VALARM")
    assert [alarm["TRIGGER"].dt for alarm in alarms] == [-timedelta(days=1), -timedelta(hours=1)]
    assert all(alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"] for alarm in alarms)


def test_a_cancellation_takes_the_same_entry_out_and_rings_no_more():  # rule R4
    calendar, event = read(replace(ENTRY, sequence=4), Method.CANCEL)
    assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert (event["UID"], event["SEQUENCE"]) == ("5d0f3a", 4)
    assert event["ATTENDEE"] == "mailto:ada@salon.example"
    assert event.walk("VALARM") == []


@pytest.mark.parametrize(("off", "status"), [(False, "CONFIRMED"), (True, "CANCELLED")])
def test_a_file_to_download_invites_nobody(off, status):  # rule R4
    calendar, event = read(replace(ENTRY, is_cancelled=off), Method.PUBLISH)
    assert (calendar["METHOD"], event["STATUS"]) == ("PUBLISH", status)
    assert "ATTENDEE" not in event
    assert "ORGANIZER" in event


def test_lines_end_in_crlf_and_are_no_longer_than_75_octets():
    file = written(replace(ENTRY, summary="ÄöÜß€🪒" * 60, description="Wörter " * 400), Method.REQUEST)
    assert file.endswith(b"END:VCALENDAR\r\n")
    lines = file.split(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", file)
    assert max(map(len, lines)) <= 75
    assert [line.decode() for line in lines], "no character is cut in two"
    assert read(replace(ENTRY, summary="ÄöÜß€🪒" * 60))[1]["SUMMARY"] == "ÄöÜß€🪒" * 60


def test_nobody_can_smuggle_lines_into_the_file():
    entry = replace(
        ENTRY,
        summary=EVIL,
        description=EVIL,
        location=EVIL,
        host=Person(EVIL, ENTRY.host.address),
        guest=Person(EVIL, ENTRY.guest.address),
    )
    calendar, event = read(entry)
    names = [
        line.partition(":")[0].partition(";")[0] for line in Calendar.to_ical(calendar).decode().split("\r\n")
    ]
    assert "X-A" not in names
    assert event["ATTENDEE"] == "mailto:ada@salon.example"
    assert 'Ada "Q"; Muster, \\\nATTENDEE:mailto:evil@x.example\nX-A:1\n' in event["SUMMARY"]
    assert not re.search(
        r"[\x00\x0b\x85\u2028\r]", written(entry, Method.REQUEST).decode().replace("\r\n", "")
    )


@pytest.mark.parametrize("address", ["", "ada", "a@b@c", "ada@salon.example\r\nX-A:1", "a b@c.example"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="address"):
        written(replace(ENTRY, guest=Person("Ada", address)), Method.REQUEST)


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="naive"):
        written(replace(ENTRY, starts_at=datetime(2026, 11, 24, 9)), Method.REQUEST)


def test_the_same_data_makes_the_same_bytes():
    assert written(ENTRY, Method.REQUEST) == written(replace(ENTRY), Method.REQUEST)


def test_the_rule_of_the_clock_changes_is_that_of_berlin():
    """Walk through twenty years by the file's own rule, as a calendar does that knows no time zones."""
    (zone,) = read()[0].walk("VTIMEZONE")
    changes = []
    for part in zone.subcomponents:
        rule, at = part["RRULE"], part["DTSTART"].dt
        assert (rule["FREQ"], rule["BYDAY"]) == (["YEARLY"], ["-1SU"])
        for year in range(2026, 2046):
            days = [datetime(year, rule["BYMONTH"][0], day, at.hour, tzinfo=UTC) for day in range(25, 32)]
            sunday = next(day for day in days if day.weekday() == 6)
            changes.append((sunday - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td, part["TZNAME"]))
    for moment, offset, name in changes:
        shown = moment.astimezone(BERLIN)
        assert (shown.utcoffset(), shown.tzname()) == (offset, name)
        assert (moment - timedelta(seconds=1)).astimezone(BERLIN).utcoffset() != offset


@pytest.mark.parametrize("minutes", [0, 60])
def test_an_hour_that_comes_twice_is_told_apart(minutes):
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    event = read(replace(ENTRY, starts_at=start, ends_at=start + timedelta(minutes=15)))[1]
    assert event["DTSTART"].dt.astimezone(UTC) == start
