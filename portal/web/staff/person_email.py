"""A new e-mail address for somebody who has lost the mailbox; staff set it, with a reason (rule P1)."""

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import email_changes
from portal.actions.accounts import EmailTaken
from portal.models import Account
from portal.outside import clock
from portal.rules.workflow import Role
from portal.web import confirm
from portal.web.forms import Email, Form, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.staff import bp


class LostMailboxForm(Form):
    """The new address, and how we know that it is theirs."""

    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie die neue E-Mail-Adresse ein."))])
    why = Paragraphs(longest=1000, validators=[Required(_l("Bitte schreiben Sie den Grund dazu."))])


@bp.route("/people/<id:account>/email", methods=["GET", "POST"])
def set_email(account: int) -> Response:
    """Set another address; the old one is told, all sessions end."""
    if asked := confirm.needed():
        return asked
    is_owner = (Account.role == Role.OWNER) & Account.closed_at.is_null()
    found, form = get_object_or_404(Account, Account.id == account, is_owner), LostMailboxForm()
    if request.method != "POST":
        return _shown(found, form)
    if not form.validate():
        return _shown(found, form, form.mistakes)
    me = current_user._get_current_object()
    try:
        email_changes.set_for(found, form.email.data, form.why.data, by=me, now=clock.now())
    except email_changes.SameEmail:
        return _shown(found, form, {"email": _("Das ist schon diese E-Mail-Adresse.")})
    except EmailTaken:
        return _shown(found, form, {"email": _("Diese E-Mail-Adresse hat schon ein Konto.")})
    flash(_("Die neue Adresse gilt. Der Link zum Anmelden ist unterwegs."), "good")
    return go_to(url_for("staff.customer", customer=found.customer_id))


def _shown(person: Account, form: LostMailboxForm, errors: dict[str, str] | None = None) -> Response:
    status = 422 if errors else 200
    return page("staff/person_email.html", status=status, person=person, form=form, errors=errors or {})
