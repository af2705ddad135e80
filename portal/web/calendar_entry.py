"""What an appointment says in letters and calendars: when, where, what holds in it.  Rules R1, R4, T7, T8.

The entry is made from plain data alone, as it was when something happened to the appointment, so that a
letter that is sent twice carries the same entry.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from flask import current_app, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions.endings import Because, frozen
from portal.models import Appointment, Case, Letter, Operator
from portal.outside import calendar
from portal.outside.calendar import Entry, Method, Person
from portal.outside.mailer import Invitation
from portal.rules import appointments as rules
from portal.rules import numbers, workflow
from portal.rules.appointments import AppointmentState, Kind
from portal.rules.triage import SESSION_NOTICES
from portal.rules.workflow import Actor
from portal.web import context, labels
from portal.web.owner.sentences import NOTICES

FILE_NAME = "termin.ics"
ALARMS = (rules.REMINDED_BEFORE, rules.LAST_ALARM)

# The letters with an appointment, and what the calendar is asked to do; a mere reminder asks for nothing.
METHODS: Mapping[str, Method | None] = {
    "appointment_booked": Method.REQUEST,
    "appointment_moved": Method.REQUEST,
    "appointment_cancelled": Method.CANCEL,
    "appointment_soon": None,
    "appointment_missed": None,
}
MEETINGS = frozenset({"appointment_booked", "appointment_moved", "appointment_soon"})
TO_COME = _l("Als Nächstes kommt der Termin. Zur vereinbarten Zeit rufen wir Sie an.")


def calendar_of(appointment: Appointment, language: str) -> bytes:
    """Return the appointment as it is now as a calendar file to download, in this language (rule R4)."""
    with force_locale(language if language in context.LANGUAGES else context.LANGUAGES[0]):
        entry = _entry(frozen(appointment), appointment.case, context.operator(), guest=None)
    return calendar.written(entry, Method.PUBLISH)


def invitation(letter: Letter, operator: Operator) -> Invitation | None:
    """Return what the letter enters into its reader's calendar, or takes out of it; None for other letters.

    Its words are in the language in which the letter is being rendered.
    """
    method = METHODS.get(letter.event)
    if method is None or not letter.case_id:
        return None
    guest = Person(letter.account.name if letter.account_id else "", letter.recipient)
    entry = _entry(letter.context["appointment"], letter.case, operator, guest=guest)
    return Invitation(method.value, calendar.written(entry, method), FILE_NAME)


def next_actor(letter: Letter) -> Actor | None:
    """Return who acts next once an appointment is off: that depends on the case; None for other letters."""
    return workflow.next_actor(letter.case.state) if letter.event == "appointment_cancelled" else None


def values(letter: Letter) -> dict[str, Any]:
    """Return what the templates of letters about an appointment may use."""
    if letter.event not in METHODS:
        return {}
    kept, before = letter.context["appointment"], letter.context.get("from_at")
    number = letter.case.number
    until = datetime.fromisoformat(letter.context.get("change_until", kept["starts_at"]))
    return {
        "appointment": {
            "kind": Kind(kept["kind"]),
            "starts_at": datetime.fromisoformat(kept["starts_at"]),
            "ends_at": datetime.fromisoformat(kept["ends_at"]),
        },
        "change_until": until if until > letter.written_at else None,
        "from_at": datetime.fromisoformat(before) if before else None,
        "is_commissioning": kept["kind"] == Kind.COMMISSIONING,
        "because": Because(letter.context.get("because", Because.CANCELLED)),
        "appointment_url": url_for("owner.appointment", number=number, _external=True),
    }


def _entry(kept: Mapping[str, Any], case: Case, operator: Operator, *, guest: Person | None) -> Entry:
    kind = Kind(kept["kind"])
    url = url_for("owner.case", number=case.number, _external=True)
    return Entry(
        uid=kept["uid"],
        sequence=kept["sequence"],
        changed_at=datetime.fromisoformat(kept["changed_at"]),
        starts_at=datetime.fromisoformat(kept["starts_at"]),
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        summary=f"{labels.label(kind)} ({operator.brand})",
        description=_description(kind, case, operator, url),
        location=_place(kind, case),
        host=_host(operator),
        guest=guest,
        url=url,
        alarms=ALARMS,
        is_cancelled=kept["state"] == AppointmentState.CANCELLED,
    )


def _description(kind: Kind, case: Case, operator: Operator, url: str) -> str:
    """Return what is to be known beforehand: R1 before a commissioning, T7 and T8 before any appointment."""
    said = [_("Vorgang %(number)s", number=numbers.group(case.number))]
    if kind is Kind.COMMISSIONING:
        said += [
            _("Arbeiten Sie noch nicht mit diesem Kassenserver."),
            _(
                "Erst nehmen wir ihn mit Ihnen in Betrieb. Sonst entstehen schwere Fehler in der Kasse, "
                "die niemand mehr berichtigen kann."
            ),
            _("Strom und Router dürfen Sie schon anschließen, mehr nicht."),
        ]
    said += [str(NOTICES[notice]) for notice in SESSION_NOTICES]
    if operator.phone:
        said.append(_("Telefon: %(phone)s", phone=operator.phone))
    return "\n\n".join([*said, f"{_('Zum Vorgang')}: {url}"])


def _place(kind: Kind, case: Case) -> str:
    """Return where to be: at the telephone for a call, else in the salon."""
    if kind is Kind.CALL:
        return _("Am Telefon: %(phone)s", phone=labels.phone(case.contact_phone))
    if case.salon_id:
        salon = case.salon
        return f"{salon.name}, {salon.street}, {salon.postal_code} {salon.city}"
    return f"{case.return_name}, {case.return_street}, {case.return_postal_code} {case.return_city}"


def _host(operator: Operator) -> Person:
    """Return who invites: the operator, by the address of the letters if there is no other."""
    return Person(operator.brand, operator.email or parseaddr(current_app.config["PORTAL"].mail_from)[1])
