"""Staff decide about substitute links and see them through to their end (section L)."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import doors, readouts, tills
from portal.actions import links as deeds
from portal.actions.link_steps import LinkMoved
from portal.actions.links import Findings, LinkWouldBeIncomplete, ServerRestored
from portal.actions.readouts import NotReadOut, ServerNotHere
from portal.models import Account, Case, SubstituteLink, desk
from portal.outside import clock
from portal.rules import links as rules
from portal.rules.links import Mode
from portal.rules.workflow import Role, StepRefused
from portal.web.forms import Form
from portal.web.fragments import go_to, is_htmx
from portal.web.looking import looked
from portal.web.staff import bp, link_deeds, sheets
from portal.web.staff.cases import link_page, list_named, pane, sheet_of, show
from portal.web.staff.forms import FactsForm, GrantForm, deed_form, fits, text_form
from portal.web.staff.next_steps import ASKS
from portal.web.staff.sheets import Sheet
from portal.web.staff.steps import after, kept


class Mistyped(Exception):
    """A form came back; nothing was done."""

    def __init__(self, form: Form) -> None:
        """Keep the form with its messages."""
        super().__init__()
        self.form = form


def _found(link: int) -> SubstituteLink:
    found = get_object_or_404(SubstituteLink.visible_to(current_user), SubstituteLink.id == link)
    looked(found)
    return found


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
    if step not in DECISIONS and step not in TAKE:
        abort(404)
    if step == "grant" and request.form.get("mode") == "facts":
        step = (
            "correct"  # the form's third button: htmx posts to the form's address, whatever the button says
        )
    at = list_named(request.form.get("at", ""))
    try:
        _check_seen(found, step)
        _decide(found, step)
    except Mistyped as mistyped:
        return _mistyped(found, step, at, mistyped.form)
    except tuple(REFUSED) as refused:
        return _moved(link, at, REFUSED[type(refused)])
    if step == "correct" and is_htmx():
        sheet = _sheet(_found(link), at)
        sheet.done = str(DONE[step])
        return show(sheet)
    flash(f"{found.device.salon.name}: {DONE[step]}", "good")
    return go_to(after(at) or _home_of(found))


def _check_seen(found: SubstituteLink, step: str) -> None:
    """Refuse what the link's state forbids, and what was pressed on a page that is out of date (rule S3)."""
    if step in rules.LINK_STEPS:
        rules.take_link_step(step, found.state, Role.STAFF)
    elif not link_deeds.may_confirm(found):
        raise StepRefused(step, found.state, Role.STAFF)
    if request.form.get("seen", str(found.revision)) != str(found.revision):
        raise LinkMoved(found.id)


def _decide(found: SubstituteLink, step: str) -> None:
    if step in DECISIONS:
        DECISIONS[step](found)
        return
    deed = link_deeds.of(found, step)
    form = deed_form(deed.ask, deed.tick, deed.with_address)
    if not fits(form):
        raise Mistyped(form)
    text = form[deed.ask.name].data if deed.ask else ""
    TAKE[step](found, text, bool(deed.tick and form[deed.tick.name].data), form)


def _mistyped(found: SubstituteLink, step: str, at: str, form: Form) -> Response:
    sheet = _sheet(found, at)
    sheet.form, sheet.failed = form, step
    if isinstance(form, FactsForm):
        sheet.grant = form
    return show(sheet, 422)


DONE = {
    "grant": _l("Ersatzlink freigegeben."),
    "correct": _l("Angaben zur Sicherung gespeichert."),
    "refuse": _l("Ersatzlink abgelehnt."),
    "activate": _l("Ersatzlink ist aktiv."),
    "read_out": _l("Datenbank ausgelesen. Jetzt auf den Link laden."),
    "load": _l("Daten sind auf dem Link. Der Salon erfährt, sobald er kassieren kann."),
    "fail_read_out": _l("Der Salon erfährt, dass das Auslesen nicht ging."),
    "lock": _l("Belegsperre gesetzt."),
    "renew": _l("Der Link hat eine neue Adresse."),
    "delete": _l("Ersatzlink beendet."),
    "confirm_till": _l("Stand der Kasse bestätigt."),
}
_FASTER = _l(
    "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
)
REFUSED = {
    LinkMoved: _FASTER,
    StepRefused: _FASTER,
    ServerNotHere: _l(
        "Der Kassenserver ist nicht bei uns. Er muss zuerst ankommen, dann können Sie auslesen."
    ),
    NotReadOut: _l("Die Datenbank ist noch nicht ausgelesen. Tragen Sie zuerst das Auslesen ein."),
    ServerRestored: _l(
        "Der Kassenserver wird gerade in Betrieb genommen. Daneben darf es keinen Ersatzlink geben."
    ),
}
"""What is said when a step was not taken; its page comes back as the link stands now (rule S3)."""


def _home_of(found: SubstituteLink) -> str:
    if found.case_id:
        return url_for("staff.case", number=found.case.number)
    return url_for("staff.link", link=found.id)


def _sheet(found: SubstituteLink, at: str) -> Sheet:
    """Return the sheet of the link: its case's, if it has one and this is its open link.

    A link whose till is left over stands alone: that is what is to be done about it (rule L11a).
    """
    if not found.case_id or (link_deeds.may_confirm(found) and found.open_device is None):
        return sheets.of_link(found, at)
    case = get_object_or_404(Case.visible_to(current_user), Case.id == found.case_id)
    if found.open_device is None:
        return sheet_of(case, at) if desk.open_links_of([case]) else sheets.of_case(case, found, at)
    return sheets.of_case(case, found, at)


def _moved(link: int, at: str, notice: LazyString) -> Response:
    sheet = _sheet(_found(link), at)
    sheet.notice = str(notice)
    sheet.kept = kept(TEXTS)
    return show(sheet, 409)


TEXTS = ("refusal", "link_reason", "read_out_problem", "lock_reason", "delete_reason", "confirm_reason")
"""The fields whose text is not lost where a step came too late."""


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
            secret=_secret(),
            **_now(),
            found=_findings(form) if form.changes(found) else None,
        )
    except LinkWouldBeIncomplete as error:  # the action has the last word, whatever the form says (L5)
        form.refuse_full()
        raise Mistyped(form) from error


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


def _text(step: str) -> str:
    ask = ASKS[step]
    form = text_form(ask.name, ask.missing)
    if not form.validate():
        raise Mistyped(form)
    return form[ask.name].data


def _me() -> Account:
    return current_user._get_current_object()


def _now() -> dict[str, Any]:
    return {"by": _me(), "now": clock.now()}


def _secret() -> str:
    return current_app.config["SECRET_KEY"]


DECISIONS = {"grant": _grant, "correct": _correct, "refuse": _refuse}
"""What is decided about a request: these have forms of their own."""

# step → what is done with the link, the text, the tick and the form of link_deeds
TAKE: dict[str, Callable[[SubstituteLink, str, bool, Form], object]] = {
    "activate": lambda link, _text, _tick, form: deeds.activate(
        link, form.till_address.data, secret=_secret(), **_now()
    ),
    "read_out": lambda link, _text, _tick, _form: readouts.read_out(link, **_now()),
    "load": lambda link, _text, tick, _form: readouts.load(link, till_unlocked=tick, **_now()),
    "fail_read_out": lambda link, text, _tick, _form: readouts.fail_read_out(link, text, **_now()),
    "lock": lambda link, text, tick, _form: readouts.lock(link, text, till_locked=tick, **_now()),
    "renew": lambda link, _text, _tick, _form: doors.renew(link, secret=_secret(), **_now()),
    "delete": lambda link, text, tick, _form: deeds.delete(link, text, till_deleted=tick, **_now()),
    "confirm_till": lambda link, text, _tick, _form: tills.confirm_by_hand(link, why=text, **_now()),
}
