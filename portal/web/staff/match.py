"""Whose report is it?  Staff give a case that came without an account to its customer (rule P1a)."""

from dataclasses import dataclass
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import matching
from portal.actions.accounts import EmailTaken
from portal.actions.cases import CaseMoved
from portal.actions.matching import NotConfirmed, NotTheirs, Owner
from portal.models import Account, Case, Customer, Device, Emergency, Salon, likely
from portal.models import register as look_up
from portal.models.likely import Likely
from portal.outside import clock
from portal.rules import numbers, report
from portal.rules.report import Page
from portal.rules.workflow import Role, steps_for
from portal.web.addresses import LARGEST_ID
from portal.web.forms import clean
from portal.web.fragments import go_to, page
from portal.web.staff import bp, facts
from portal.web.staff.cases import found, sheet_of, show
from portal.web.staff.registrations import SIGNS
from portal.web.staff.search import find
from portal.web.staff.steps import FASTER

LONGEST = 100
DEVICE, NEW = "device", "new"


@dataclass(frozen=True)
class Choice:
    """One customer to choose: what speaks for it, and which device of which salon it may be."""

    likely: Likely
    options: list[tuple[str, str, str, str]]  # as macros/forms.html has them
    chosen: str


@bp.get("/cases/<number:number>/match")
def match(number: str) -> Response:
    """Show who reported, which customers it may be, and one of them ready to be chosen."""
    case = found(number)
    if case.customer_id is not None:
        return go_to(url_for("staff.case", number=number))
    return _match_page(case, _id(request.args.get("customer", "")))


@bp.post("/cases/<number:number>/match")
def give(number: str) -> Response:
    """Give the case to the chosen customer; who comes second is told (rule S3)."""
    case = found(number)
    customer = _customer(_id(request.form.get("customer", "")))
    owner = _owner(customer, request.form.get("device", ""))
    if owner is None:
        wrong = _("Bitte wählen Sie, um welchen Kassenserver es geht.")
        return _match_page(case, customer.id, {"device": wrong})
    invites = request.form.get("invites") == "yes"
    try:
        matched = matching.match(case, owner, by=_me(), now=clock.now(), invites=invites)
    except CaseMoved:
        sheet = sheet_of(found(number))
        sheet.notice = str(FASTER)
        return show(sheet, 409)
    except (EmailTaken, NotConfirmed):
        wrong = _("Mit dieser E-Mail-Adresse können wir niemanden einladen.")
        return _match_page(case, customer.id, {"invites": wrong})
    except NotTheirs:
        wrong = _("Dieser Kassenserver gehört zu einem anderen Kunden.")
        return _match_page(case, customer.id, {"device": wrong})
    done = _("zugeordnet") if case.released_at or not matched.released_at else _("freigegeben")
    flash(_("%(number)s: %(customer)s, %(done)s.", number=numbers.group(number), customer=customer.name,
            done=done), "good")  # fmt: skip
    return go_to(url_for("staff.case", number=number))


def _match_page(case: Case, chosen: int | None, errors: dict[str, str] | None = None) -> Response:
    emergency = Emergency.of_case(case)
    known = likely.customers_for(case, emergency)
    asked = " ".join(clean(request.args.get("q", "")).split())[:LONGEST]
    first = _chosen(known, chosen) if not asked else None
    return page(
        "staff/match.html",
        status=422 if errors else 200,
        case=case,
        emergency=emergency,
        choice=_choice(case, first) if first else None,
        others=[one for one in known if first is None or one.customer != first.customer],
        asked=asked,
        hits=_hits(asked) if asked else [],
        why=_why,
        may_invite=_may_invite(emergency),
        may_decline="decline" in steps_for(case.state, Role.STAFF),
        wants_link=report.yes_no(case.answers, Page.LINK, "wanted") is True,
        facts=facts,
        errors=errors or {},
    )


def _chosen(known: list[Likely], chosen: int | None) -> Likely | None:
    """Return the customer who was asked for, else the likeliest."""
    if chosen is None:
        return known[0] if known else None
    named = next((one for one in known if one.customer.id == chosen), None)
    return named or Likely(_customer(chosen))


def _customer(number: int | None) -> Customer:
    """Return the customer, or 404 for one that is kept only because the law wants it (rule P3)."""
    return get_object_or_404(Customer, Customer.id == (number or 0), Customer.locked_at.is_null())


def _choice(case: Case, one: Likely) -> Choice:
    """Return the customer with its devices, and in each salon one made as it was described."""
    salons = sorted(look_up.salons_with_devices(one.customer), key=lambda found: not _is_near(case, found[0]))
    known = {found.device_id: found.number for found in Case.open_of_customer(one.customer)}
    options = [
        _device_option(salon, device, known.get(device.id)) for salon, devices in salons for device in devices
    ]
    count = len(options)
    described = _("Kassenserver wie beschrieben anlegen")
    options += [(f"{NEW}:{salon.id}", described, "", f"{salon.name}, {salon.city}") for salon, _all in salons]
    if not salons:
        place = f"{case.return_name}, {case.return_city}"
        options.append((f"{NEW}:0", described, "", _("mit Salon: %(place)s", place=place)))
    return Choice(one, options, request.form.get("device") or _preset(case, salons, options, count))


def _is_near(case: Case, salon: Salon) -> bool:
    return salon.postal_code == case.return_postal_code


def _preset(case: Case, salons: Any, options: list[Any], count: int) -> str:
    """Return what is meant if it can be only that: the one device there is, or the one of the one salon."""
    if count == 1 or len(options) == 1:
        return str(options[0][0])
    near = [device for salon, devices in salons if _is_near(case, salon) for device in devices]
    return f"{DEVICE}:{near[0].id}" if len(near) == 1 else ""


def _device_option(salon: Salon, device: Device, known: str | None) -> tuple[str, str, str, str]:
    """Return a device to choose; where it has an open case already, that is said before, not after."""
    name = f"{device.name} {device.serial or ''}".strip()
    parts = [f"{salon.name}, {salon.city}", f"{_('Gekauft')}: {facts.bought(device)}"]
    if known:
        parts.append(_("schon gemeldet: %(number)s", number=numbers.group(known)))
    return f"{DEVICE}:{device.id}", name, "", " · ".join(parts)


def _owner(customer: Customer, choice: str) -> Owner | None:
    kind, _colon, number = choice.partition(":")
    chosen = _id(number)
    if kind == DEVICE and chosen:
        device = Device.get_or_none(Device.id == chosen)
        return Owner(customer, device=device) if device else None
    if kind != NEW or chosen is None:
        return None
    salon = Salon.get_or_none(Salon.id == chosen, Salon.customer == customer)
    return Owner(customer, salon=salon) if salon or chosen == 0 else None


def _why(one: Likely) -> list[str]:
    """Return in words what speaks for a customer."""
    words = [str(SIGNS[sign]) for sign in one.signs]
    if one.has_account:
        words.insert(0, _("diese E-Mail-Adresse hat dort ein Konto"))
    return [*words, _("die Postleitzahl stimmt")] if one.is_near else words


def _hits(asked: str) -> list[Customer]:
    known = {salon.customer_id: salon.customer for salon in find(asked).salons}
    return (list(known.values()) or look_up.customers_like(asked))[: look_up.PAGE]


def _may_invite(emergency: Emergency | None) -> bool:
    """Tell whether who reported may be invited: at their own address, and only who has no account yet."""
    if emergency is None or emergency.confirmed_at is None:
        return False
    return Account.get_or_none(Account.email == emergency.email) is None


def _id(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
    return number if number is not None and number <= LARGEST_ID else None


def _me() -> Account:
    return current_user._get_current_object()
