"""The support's side: queue, cases, links, search. One guard for all of it (rule P1)."""

from flask import Blueprint

from portal.rules.workflow import Role
from portal.web.access import guard

bp = Blueprint("staff", __name__, url_prefix="/staff")
guard(bp, Role.STAFF, Role.ADMIN)

from portal.web.staff import (  # noqa: E402, F401 (they add their views)
    anonymise,
    appointment,
    calendar,
    calendar_settings,
    cases,
    check_in,
    commissioning,
    customers,
    desk,
    history,
    imports,
    interfaces,
    letters,
    links,
    match,
    operator,
    operator_logo,
    parcel,
    person_email,
    photos,
    quote,
    register_export,
    registrations,
    retention,
    search,
    steps,
    team,
    unknown_parcels,
    workshop,
)
