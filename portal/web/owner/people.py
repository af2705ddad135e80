"""The own business: its salons, and who may sign in; invite colleagues, take access away (rule P1)."""

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user

from portal.actions import colleagues
from portal.actions.throttle import TooManyTries
from portal.models import Account, Registration
from portal.models import register as look_up
from portal.outside import clock
from portal.web import confirm
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.public import signing
from portal.web.staff.customers_forms import LANGUAGES, PersonForm


@bp.get("/people")
def people() -> Response:
    """Show the own business: who may sign in, who was invited, and all its salons."""
    business = _me().customer
    return page(
        "owner/people.html",
        people=Registration.people_in(business),
        invited=list(Registration.invited(business)),
        salons=look_up.salons_with_devices(business),
    )


@bp.route("/people/invite", methods=["GET", "POST"])
def invite_colleague() -> Response:
    """Invite a colleague by mail; whether the address has an account elsewhere is not told (rule P1)."""
    if asked := confirm.needed():
        return asked
    form = PersonForm(data={"language": _me().language})
    if request.method != "POST":
        return _invite_page(form)
    if not form.validate():
        return _invite_page(form, 422, form.mistakes)
    try:
        _invite(form)
    except colleagues.AlreadyIn:
        return _invite_page(form, 422, {"email": _("Diese Person gehört schon dazu oder ist eingeladen.")})
    except TooManyTries as problem:
        said = {"email": signing.wait_until(problem)}
        return signing.too_many(_invite_page(form, 429, said), problem)
    flash(_("Die Einladung an %(email)s ist unterwegs.", email=form.email.data), "good")
    return go_to(url_for("owner.people"))


def _invite(form: PersonForm) -> None:
    language = form.language.data
    colleagues.invite(form.email.data, form.name.data, language=language, by=_me(), now=clock.now())


def _invite_page(form: PersonForm, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return page("owner/person_invite.html", status=status, form=form, errors=errors or {}, tongues=LANGUAGES)


@bp.post("/people/invitations/<id:invitation>/withdraw")
def withdraw_invitation(invitation: int) -> Response:
    """Take back an invitation that nobody has followed."""
    if asked := confirm.needed():
        return asked
    found = next((one for one in Registration.invited(_me().customer) if one.id == invitation), None)
    if found is None:
        abort(404)
    try:
        colleagues.withdraw(found, by=_me(), now=clock.now())
        flash(_("Die Einladung ist zurückgenommen."))
    except colleagues.Followed:
        flash(_("%(name)s hat die Einladung gerade angenommen und gehört jetzt dazu.", name=found.name))
    return go_to(url_for("owner.people"))


@bp.route("/people/<id:account>/remove", methods=["GET", "POST"])
def remove_colleague(account: int) -> Response:
    """Ask, then take the access away; the last one stays."""
    if asked := confirm.needed():
        return asked
    found = _person(account)
    if request.method != "POST":
        return _remove_page(found)
    try:
        colleagues.remove(found, by=_me(), now=clock.now())
    except colleagues.LastOne:
        return _remove_page(found, 409)
    if found == _me():
        logout_user()
        return go_to(url_for("public.start"))
    flash(_("%(name)s kommt nicht mehr herein.", name=found.name))
    return go_to(url_for("owner.people"))


def _remove_page(person: Account, status: int = 200) -> Response:
    is_last = len(Registration.people_in(_me().customer)) == 1
    return page(
        "owner/person_remove.html",
        status=status,
        person=person,
        is_me=person == _me(),
        is_last=is_last,
    )


def _person(number: int) -> Account:
    """Return one of the own business's people, else answer 404 (rule P1)."""
    found = next((one for one in Registration.people_in(_me().customer) if one.id == number), None)
    return found or abort(404)


def _me() -> Account:
    return current_user._get_current_object()
