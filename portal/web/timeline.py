"""The picture of backup and data, and what to expect so far: the same for owner and staff (L4a, B1–B3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import Flask
from flask_babel import format_date, format_datetime, format_time, get_locale
from flask_babel import gettext as _

from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules import berlin
from portal.rules import timeline as rules
from portal.rules.outlook import Outlook, Question, Told, outlook
from portal.rules.timeline import Certainty, Kind, Known, Mark, Since, Timeline
from portal.web import labels


@dataclass(frozen=True)
class Fact:
    """One line beneath the picture; `glyph` is how it is drawn there."""

    glyph: str
    term: str
    text: str


@dataclass(frozen=True)
class Picture:
    """What is drawn, and the same in words."""

    known: Known
    until: datetime
    is_brief: bool = False  # as the desk writes times

    @cached_property
    def line(self) -> Timeline | None:
        """Return the axis, or None where there are only words."""
        return rules.timeline(self.known, self.until)

    @property
    def facts(self) -> list[Fact]:
        """Return everything the picture shows, in words, oldest first."""
        return [*self._backups(), self._end(), *self._since(), *self._slots()]

    @property
    def sure(self) -> str:
        """Return how the time of the backup is known, in one word."""
        return _SURE[self.known.certainty]()

    @property
    def between(self) -> str:
        """Return what lies between backup and end, in the picture's few words."""
        return _BETWEEN[self.known.since]()

    def stamp(self, mark: Mark) -> str:
        """Return a mark's time as short as it can be said: "Sa 7:00", "7:00", or the day alone."""
        if self.line and self.line.is_long:
            return format_date(berlin.day_of(mark.at), "d MMM" if _is_english() else "d.M.")
        time = format_time(mark.at, "H:mm")
        return f"{self.weekday(mark)} {time}" if mark.shows_day and mark.is_named else time

    def weekday(self, mark: Mark) -> str:
        """Return the day of a mark: "Sa"."""
        return format_datetime(mark.at, "EEE").rstrip(".")

    def _when(self, moment: datetime) -> str:
        return labels.short(moment) if self.is_brief else labels.moment(moment)

    def _backups(self) -> list[Fact]:
        known, shown = self.known, self.known.shown_backup_at
        found = []
        if known.uploaded_at and known.uploaded_at != shown:
            found.append(Fact("upload", _("Früher hochgeladen"), self._when(known.uploaded_at)))
        if known.real_backup_at and known.backup_at and known.backup_at != known.real_backup_at:
            found.append(Fact("estimate", _("Zuerst vermutet"), self._when(known.backup_at)))
        if shown is None:
            text = _("keine bei uns") if known.backup_booked is False else _("noch nicht bekannt")
            return [*found, Fact("", _("Letzte Sicherung"), text)]
        is_upload = known.certainty is Certainty.UPLOADED
        sure = _("von Hand hochgeladen") if is_upload else self.sure
        term = _("Letzte Sicherung, %(sure)s", sure=sure)
        return [*found, Fact(f"backup-{known.certainty}", term, self._when(shown))]

    def _end(self) -> Fact:
        at = self.known.last_online_at
        return Fact("off", _("Server zuletzt online"), self._when(at) if at else _("noch nicht bekannt"))

    def _since(self) -> list[Fact]:
        if self.known.shown_backup_at is None:
            return []
        return [_SINCE[self.known.since]()]

    def _slots(self) -> list[Fact]:
        marks = self.line.marks if self.line else ()
        off = self.known.last_online_at
        missed = [self._when(mark.at) for mark in marks if mark.kind is Kind.MISSED and off and mark.at > off]
        found = [Fact("missed", _("Ausgefallen, Server war aus"), missed[0])] if missed else []
        kinds = {mark.kind for mark in marks}
        if Kind.SLOT in kinds:
            found.append(Fact("slot", _("Geplante Sicherung"), _("täglich um 7:00 und 21:00 Uhr")))
        if Kind.UNSURE in kinds:
            found.append(Fact("unsure", _("Falls gebucht"), _("täglich um 7:00 und 21:00 Uhr")))
        return found


def _is_english() -> bool:
    return str(get_locale() or "de").startswith("en")


_SURE: dict[Certainty, Callable[[], str]] = {
    Certainty.PROBABLE: lambda: _("vermutlich"),
    Certainty.UPLOADED: lambda: _("von Hand"),
    Certainty.CHECKED: lambda: _("geprüft"),
}
_BETWEEN: dict[Since, Callable[[], str]] = {
    Since.NOTHING: lambda: _("nichts eingegeben"),
    Since.ENTERED: lambda: _("nur auf dem Server"),
    Since.MAYBE: lambda: _("nur auf dem Server?"),
    Since.OPEN: lambda: "",
}
_SINCE: dict[Since, Callable[[], Fact]] = {
    Since.NOTHING: lambda: Fact("nothing", _("Danach"), _("nichts eingegeben")),
    Since.ENTERED: lambda: Fact("entered", _("Danach eingegeben"), _("liegt nur auf dem Server")),
    Since.MAYBE: lambda: Fact("maybe", _("Danach vielleicht eingegeben"), _("läge nur auf dem Server")),
    Since.OPEN: lambda: Fact("open", _("Danach eingegeben"), _("noch nicht gefragt")),
}


@dataclass(frozen=True)
class SoFar:
    """What may be expected by what was said so far, with its reasons and the picture."""

    outlook: Outlook
    picture: Picture


def so_far(told: Told, *, is_third_party: bool, now: datetime) -> SoFar:
    """Return the box "So sieht es bisher aus" (rule L4a)."""
    found = outlook(told, is_third_party=is_third_party)
    known = Known(
        backup_booked=told.backup_booked,
        last_online_at=told.last_online_at,
        uploaded_at=told.uploaded_at,
        entered_since=told.entered_since,
        backup_at=found.backup_at,
        is_entered_open=Question.ENTERED in told.open,
    )
    return SoFar(found, Picture(known, now))


def of_link(link: SubstituteLink, *, is_brief: bool = False) -> Picture:
    """Return the picture of a link: what the owner said, and what staff have found out (B2, L5)."""
    known = Known(
        backup_booked=link.backup_booked,
        last_online_at=link.last_online_at,
        uploaded_at=link.uploaded_at,
        entered_since=link.entered_since,
        backup_at=link.backup_at,
        real_backup_at=link.real_backup_at,
        complete=link.complete,
    )
    return Picture(known, clock.now(), is_brief)


def init_app(app: Flask) -> None:
    """Let templates draw the picture of a link: `timeline(timeline_of(link))`."""
    app.jinja_env.globals["timeline_of"] = of_link
