"""Who works here: invite, close and reopen staff; for admins only (rule P1)."""

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import people, second_factor
from portal.actions.accounts import EmailTaken
from portal.actions.people import LastAdmin
from portal.models import Account
from portal.models import register as look_up
from portal.outside import clock
from portal.rules.workflow import Role
from portal.web.forms import clean
from portal.web.fragments import go_to, page
from portal.web.staff import admins, bp
from portal.web.staff.customers_forms import LANGUAGES, TeamForm
from portal.web.staff.people import act

LONGEST_REASON = 300
ROLES = [
    (Role.STAFF, _l("Support: bearbeitet alle Vorgänge")),
    (Role.ADMIN, _l("Leitung: verwaltet auch Team, Betreiber und Schnittstellen")),
]


@bp.get("/team")
def team() -> Response:
    """Show the staff."""
    if asked := admins.only():
        return asked
    return _show()


def _show(form: TeamForm | None = None, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return page(
        "staff/team.html",
        status=status,
        people=list(look_up.team()),
        form=form or TeamForm(data={"language": "de", "role": Role.STAFF}),
        errors=errors or (form.mistakes if form else {}),
        roles=ROLES,
        tongues=LANGUAGES,
    )


@bp.post("/team")
def invite_staff() -> Response:
    """Invite one more."""
    if asked := admins.only():
        return asked
    form = TeamForm()
    if not form.validate():
        return _show(form, 422)
    try:
        people.invite(
            form.email.data,
            form.name.data,
            role=Role(form.role.data),
            language=form.language.data,
            by=_me(),
            now=clock.now(),
        )
    except EmailTaken:
        form.email.errors = [_("Diese E-Mail-Adresse hat schon ein Konto.")]
        return _show(form, 422)
    flash(_("Die Einladung an %(email)s ist unterwegs.", email=form.email.data), "good")
    return go_to(url_for("staff.team"))


@bp.post("/team/<id:account>/<any(again, close, reopen):deed>")
def team_member(account: int, deed: str) -> Response:
    """Send an invitation again, close an account or open it again."""
    if asked := admins.only():
        return asked
    found = get_object_or_404(Account, Account.id == account, Account.customer.is_null())
    try:
        act(found, deed)
    except LastAdmin:
        flash(_("Das ist die letzte Leitung. Ohne sie könnte niemand das Team verwalten."))
    return go_to(url_for("staff.team"))


@bp.post("/team/<id:account>/second-factor")
def reset_factor(account: int) -> Response:
    """Take the second factor from somebody who has lost it; they set up a new one as they come in."""
    if asked := admins.only():
        return asked
    found = get_object_or_404(Account, Account.id == account, Account.customer.is_null())
    why = clean(request.form.get(f"why-{found.id}", ""))[:LONGEST_REASON]
    if found == current_user or found.closed_at is not None:
        abort(404)
    if not why:
        return _show(
            None, 422, {f"why-{found.id}": _("Bitte schreiben Sie, warum. Es steht dann im Verlauf.")}
        )
    second_factor.reset(found, by=_me(), why=why, now=clock.now())
    flash(_("%(name)s richtet den zweiten Schritt beim nächsten Anmelden neu ein.", name=found.name), "good")
    return go_to(url_for("staff.team"))


def _me() -> Account:
    return current_user._get_current_object()
