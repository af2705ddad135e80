"""Staff say when appointments are given: hours and terms of each kind, and the holidays (rule R4)."""

from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import appointments as deeds
from portal.actions.appointments import HoursInvalid, SettingsMoved
from portal.models import Account, CalendarKind, Holiday, WeeklyHours
from portal.outside import clock
from portal.rules import berlin
from portal.rules.appointments import Kind
from portal.web import hours, labels
from portal.web.fragments import go_to, page
from portal.web.staff import bp
from portal.web.staff.calendar_forms import HolidaysForm, KindForm, kind_form

MOVED = _l(
    "Jemand anderes hat inzwischen gespeichert. Ihre Eingaben stehen noch da. Speichern Sie noch einmal, "
    "dann gelten sie."
)


@bp.get("/calendar/settings")
def calendar_settings() -> Response:
    """Show how each kind is given, and the holidays to come."""
    return _overview(HolidaysForm(formdata=None))


def _overview(form: HolidaysForm, status: int = 200) -> Response:
    today = berlin.day_of(clock.now())
    return page(
        "staff/calendar_settings.html",
        status=status, form=form, errors=form.mistakes, holidays=list(Holiday.from_day(today)),
        kinds=[(kind, deeds.settings_of(kind), _week(kind)) for kind in Kind],
        without_hours=CalendarKind.without_times(),
    )  # fmt: skip


def _week(kind: Kind) -> list[tuple[str, str]]:
    """Return the weekdays with hours, as they are written."""
    given = WeeklyHours.of(kind)
    names = enumerate(hours.weekday_names())
    return [(name, hours.shown(given[number])) for number, name in names if number in given]


@bp.route("/calendar/settings/<kind>", methods=["GET", "POST"])
def calendar_kind(kind: str) -> Response:
    """Change how one kind is given; what somebody else saved meanwhile is not overwritten unseen (S3)."""
    chosen = Kind(kind) if kind in list(Kind) else abort(404)
    settings = deeds.settings_of(chosen)
    form = kind_form(chosen, settings)
    if request.method != "POST":
        return _kind_page(chosen, form)
    if not form.validate():
        return _kind_page(chosen, form, status=422)
    try:
        _save(chosen, form)
    except HoursInvalid as problem:
        form.refuse(problem)
        return _kind_page(chosen, form, status=422)
    except SettingsMoved:
        return _kind_page(chosen, form, status=409, notice=MOVED)
    flash(_("%(kind)s: Die Zeiten sind gespeichert.", kind=labels.label(chosen)), "good")
    return go_to(url_for("staff.calendar_settings"))


def _save(kind: Kind, form: KindForm) -> None:
    deeds.set_kind(
        kind,
        **form.terms,
        is_offered=form.is_offered.data,
        hours=hours.week_in(form),
        revision=form.revision.data,
        by=_me(),
        now=clock.now(),
    )


def _kind_page(kind: Kind, form: KindForm, status: int = 200, notice: Any = "") -> Response:
    settings = deeds.settings_of(kind)
    return page(
        "staff/calendar_kind.html",
        status=status, notice=notice, kind=kind, form=form, errors=form.mistakes if status == 422 else {},
        weekdays=hours.weekday_names(), with_days=hours.with_days, revision=_revision(form, settings, status),
        stored=(settings, _week(kind)) if notice else None,
    )  # fmt: skip


def _revision(form: KindForm, settings: CalendarKind | None, status: int) -> Any:
    """Return what the next save is compared with: what is shown as stored, once that has been shown."""
    if status == 422:
        return form.value("revision")
    return settings.revision if settings else 0


@bp.post("/calendar/holidays")
def calendar_add_holidays() -> Response:
    """Add days without appointments, all of the lines or none."""
    form = HolidaysForm()
    if not form.validate():
        return _overview(form, 422)
    for day, name in form.days:
        deeds.add_holiday(day, name, by=_me(), now=clock.now())
    flash(_("Die freien Tage sind eingetragen."), "good")
    return go_to(url_for("staff.calendar_settings") + "#holidays-title")


@bp.post("/calendar/holidays/<id:holiday>/remove")
def calendar_remove_holiday(holiday: int) -> Response:
    """Give appointments on this day again; one that is gone already is fine too."""
    found = Holiday.get_or_none(Holiday.id == holiday)
    if found:
        deeds.remove_holiday(found, by=_me(), now=clock.now())
        flash(_("%(day)s ist kein freier Tag mehr.", day=labels.day(found.day)), "good")
    return go_to(url_for("staff.calendar_settings") + "#holidays-title")


def _me() -> Account:
    return current_user._get_current_object()
