"""Words that a page of the report needs beside its form: months, countries, "since Saturday, 7:00"."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_datetime, get_locale, gettext

from portal.rules import berlin
from portal.rules.report import Page
from portal.web import labels
from portal.web.public.report_forms import COUNTRIES
from portal.web.public.report_pages import Walk


def words_of(walk: Walk, page: Page) -> dict[str, Any]:
    """Return what the page's template needs beside the form."""
    if page is Page.DEVICE_DETAILS:
        return {
            "months": [(str(number), name) for number, name in get_locale().months["format"]["wide"].items()]
        }
    if page is Page.ADDRESS:
        names = get_locale().territories
        return {"countries": [(code, names[code]) for code in COUNTRIES]}
    if page is Page.ENTERED:
        return {"since": since(walk, walk.asked_about)}
    return {}


def since(walk: Walk, moment: datetime | None) -> str:
    """Return "heute, 7:00 Uhr", within a week "Samstag, 7:00 Uhr", before that the whole date."""
    if moment is None:
        return ""
    age = walk.today - berlin.day_of(moment)
    if timedelta(days=1) < age < timedelta(days=7):
        return gettext(
            "%(weekday)s, %(clock)s",
            weekday=format_datetime(moment, "EEEE"),
            clock=labels.time_of_day(moment),
        )
    return labels.moment(moment)
