"""Staff decide about substitute links (section L): grant, refuse, correct the facts, end early."""

from flask import Response, abort, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import links as deeds
from portal.actions.link_steps import LinkMoved
from portal.actions.links import Findings, LinkWouldBeIncomplete
from portal.models import Account, Case, SubstituteLink, desk
from portal.outside import clock
from portal.rules import links as rules
from portal.rules.links import Mode
from portal.rules.workflow import Role, StepRefused
from portal.web.forms import Form
from portal.web.fragments import go_to, is_htmx
from portal.web.staff import bp, sheets
from portal.web.staff.cases import link_page, list_named, pane, sheet_of, show
from portal.web.staff.forms import FactsForm, GrantForm, text_form
from portal.web.staff.sheets import ASKS, Sheet
from portal.web.staff.steps import after


class Mistyped(Exception):
    """A form came back; nothing was done."""

    def __init__(self, form: Form) -> None:
        """Keep the form with its messages."""
        super().__init__()
        self.form = form


def _found(link: int) -> SubstituteLink:
    return get_object_or_404(SubstituteLink.visible_to(current_user), SubstituteLink.id == link)


@bp.get("/links/<id:link>")
def link(link: int) -> Response:
    """Show one link."""
    return link_page(_found(link))


@bp.get("/links/<id:link>/pane")
def link_pane(link: int) -> Response:
    """Show the decision about a link beside the list it was chosen from."""
    return pane(_sheet(_found(link), list_named(request.args.get("at", ""))))


@bp.post("/links/<id:link>/steps/<step>")
def link_step(link: int, step: str) -> Response:
    """Take one step with the link; who comes second is told and shown how it stands now (rule S3)."""
    found = _found(link)
    if step not in DEEDS:
        abort(404)
    if step == "grant" and request.form.get("mode") == "facts":
        step = (
            "correct"  # the form's third button: htmx posts to the form's address, whatever the button says
        )
    at = list_named(request.form.get("at", ""))
    try:
        rules.take_link_step(step, found.state, Role.STAFF)
        if request.form.get("seen", str(found.revision)) != str(found.revision):
            raise LinkMoved(link)
        DEEDS[step](found)
    except Mistyped as mistyped:
        sheet = _sheet(found, at)
        sheet.form, sheet.failed = mistyped.form, step
        if isinstance(mistyped.form, FactsForm):
            sheet.grant = mistyped.form
        return show(sheet, 422)
    except (LinkMoved, StepRefused):
        return _moved(link, at)
    if step == "correct" and is_htmx():
        sheet = _sheet(_found(link), at)
        sheet.done = _done(step)
        return show(sheet)
    flash(f"{found.device.salon.name}: {_done(step)}", "good")
    return go_to(after(at) or _home_of(found))


def _done(step: str) -> str:
    return {
        "grant": _("Ersatzlink freigegeben."),
        "correct": _("Angaben zur Sicherung gespeichert."),
        "refuse": _("Ersatzlink abgelehnt."),
        "delete": _("Ersatzlink beendet."),
    }[step]


def _home_of(found: SubstituteLink) -> str:
    if found.case_id:
        return url_for("staff.case", number=found.case.number)
    return url_for("staff.link", link=found.id)


def _sheet(found: SubstituteLink, at: str) -> Sheet:
    """Return the sheet of the link: its case's, if it has one and this is its open link."""
    if not found.case_id:
        return sheets.of_link(found, at)
    case = get_object_or_404(Case.visible_to(current_user), Case.id == found.case_id)
    if found.open_device is None:
        return sheet_of(case, at) if desk.open_links_of([case]) else sheets.of_case(case, found, at)
    return sheets.of_case(case, found, at)


def _moved(link: int, at: str) -> Response:
    sheet = _sheet(_found(link), at)
    sheet.notice = _(
        "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
    )
    return show(sheet, 409)


def _grant(found: SubstituteLink) -> None:
    """Record the facts if they are new, then activate the link (rules L2, L4, L5)."""
    form = GrantForm()
    mode = _mode(form)
    if not form.fits_mode(found, mode, clock.now()):
        raise Mistyped(form)
    try:
        deeds.grant(
            found,
            mode,
            till_address=form.till_address.data,
            days=int(form.days.data),
            secret=current_app.config["SECRET_KEY"],
            by=_me(),
            now=clock.now(),
            found=_findings(form) if form.changes(found) else None,
        )
    except LinkWouldBeIncomplete as error:
        raise LinkMoved(found.id) from error  # the form said otherwise: the facts changed meanwhile


def _mode(form: GrantForm) -> Mode:
    try:
        return Mode(request.form.get("mode", ""))
    except ValueError as error:
        form.complete.errors = [_("Bitte wählen Sie: voller Link oder nur ansehen.")]
        raise Mistyped(form) from error


def _correct(found: SubstituteLink) -> None:
    form = GrantForm()
    facts = FactsForm()
    if not facts.fits(found, clock.now()):
        for name in ("backup", "complete", "link_reason"):
            form[name].errors = facts[name].errors
        raise Mistyped(form)
    if facts.changes(found):
        deeds.correct(found, **vars(_findings(facts)), by=_me(), now=clock.now())


def _findings(form: FactsForm) -> Findings:
    return Findings(form.backup.data, form.is_complete(), form.link_reason.data)


def _refuse(found: SubstituteLink) -> None:
    deeds.refuse(found, _text("refuse"), by=_me(), now=clock.now())


def _delete(found: SubstituteLink) -> None:
    deeds.delete(found, _text("delete"), by=_me(), now=clock.now())


def _text(step: str) -> str:
    ask = ASKS[step]
    form = text_form(ask.name, ask.missing)
    if not form.validate():
        raise Mistyped(form)
    return form[ask.name].data


def _me() -> Account:
    return current_user._get_current_object()


DEEDS = {"grant": _grant, "correct": _correct, "refuse": _refuse, "delete": _delete}
