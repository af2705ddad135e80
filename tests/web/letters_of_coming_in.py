"""How the letters about coming in and about a new e-mail address come about; test_letters reads them."""

from portal.actions import colleagues, email_changes, registrations
from portal.models import Registration
from tests.actions.coming_in import ADA, known_from_a_parcel, register
from tests.builders import NOW, a_customer, a_staff_member, an_owner

REASON = "Weil die Platine <verbrannt> ist & riecht."  # what test_letters looks for


def _known() -> None:
    an_owner(email=ADA)
    register()


def _matched() -> None:
    known_from_a_parcel(a_customer(number="K1"))
    register()


def _waits() -> None:
    register()


def _refused() -> None:
    _waits()
    registrations.refuse(Registration.get(), REASON, by=a_staff_member(), now=NOW)


def _invited() -> None:
    colleagues.invite("bo@haarwerk.example", "Ada Muster", by=an_owner(), now=NOW)


def _invited_from_elsewhere() -> None:
    an_owner(email=ADA)
    colleagues.invite(ADA, "Ada", by=an_owner(), now=NOW)


def _removed() -> None:
    owner = an_owner()
    colleagues.remove(an_owner(owner.customer), by=owner, now=NOW)


def _asked(email: str = "neu@salon.example") -> None:
    email_changes.ask(an_owner(), email, now=NOW)


def _taken() -> None:
    an_owner(email=ADA)
    _asked(ADA)


def _changed() -> None:
    email_changes.set_for(an_owner(), ADA, "Verloren", by=a_staff_member(), now=NOW)


EVENTS = {
    "registration_known": _known,
    "registration_open": _waits,
    "registration_approved": _matched,
    "registration_refused": _refused,
    "colleague_added": _matched,
    "colleague_invited": _invited,
    "colleague_known": _invited_from_elsewhere,
    "person_removed": _removed,
    "email_change_old": _asked,
    "email_change_new": _asked,
    "email_change_taken": _taken,
    "email_changed": _changed,
}
WITH_REASON = ("registration_refused",)
