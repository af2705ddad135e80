"""Anonymise a person and keep their cases: with a reason, and only after proving who one is (rule P3)."""

from flask import Response, abort, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import deletions, erasing
from portal.models import Account
from portal.outside import archives, clock, files
from portal.rules.workflow import Role
from portal.web import confirm
from portal.web.forms import Form, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.staff import bp


class ReasonForm(Form):
    """Why the person is anonymised."""

    why = Paragraphs(longest=500, validators=[Required(_l("Bitte geben Sie den Grund an."))])


@bp.route("/people/<id:account>/anonymise", methods=["GET", "POST"])
def anonymise(account: int) -> Response:
    """Say what goes and what stays, and do it; the team's own people are the admins' matter."""
    found, me = _person(account), _me()
    if asked := confirm.needed():
        return asked
    form = ReasonForm()
    if request.method != "POST":
        return _page(found, form)
    if not form.validate():
        return _page(found, form, 422, form.mistakes)
    try:
        gone = erasing.anonymise(found, by=me, now=clock.now(), why=form.why.data)
    except erasing.NotErasable:
        said = _("Das ist die letzte Leitung. Ohne sie könnte niemand das Team verwalten.")
        return _page(found, form, 409, {"": said})
    settings = current_app.config["PORTAL"]
    for name in gone.copies:
        archives.remove(settings.takeouts, name)
    for name in gone.photos:
        files.delete_photo(settings.photos, name)
    flash(_("Die Person ist anonymisiert."), "good")
    return go_to(_back(found))


def _person(number: int) -> Account:
    """Return somebody whom this person may anonymise, else answer 404; nobody oneself."""
    found = get_object_or_404(Account, Account.id == number, Account.anonymised_at.is_null())
    may = current_user.role is Role.ADMIN or found.role is Role.OWNER
    if not may or found.id == current_user.id:
        abort(404)
    return found


def _back(found: Account) -> str:
    if found.customer_id:
        return url_for("staff.customer", customer=found.customer_id)
    return url_for("staff.team")


def _page(
    found: Account, form: ReasonForm, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    return page(
        "staff/anonymise.html",
        status=status,
        person=found,
        form=form,
        errors=errors or {},
        back=_back(found),
        is_last=found.customer_id is not None and deletions.is_last(found),
    )


def _me() -> Account:
    return current_user._get_current_object()
