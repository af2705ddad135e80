"""One's own data: what one agreed to, a copy of all of it, and its deletion (rules P3, S7)."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import accounts, deletions, takeouts
from portal.models import Account, Deletion, Takeout
from portal.models.own_data import consents_of
from portal.models.privacy import Scope
from portal.outside import archives, clock
from portal.rules.retention import DAYS, GRACE, Brief
from portal.rules.workflow import Role
from portal.web import confirm, retention_words
from portal.web.access import guard
from portal.web.forms import Form, Line, Required
from portal.web.fragments import block, go_to, is_htmx, page

bp = Blueprint("privacy", __name__)
guard(bp, Role.OWNER, Role.STAFF, Role.ADMIN)

CONSENTS = 100  # on the page; all of them are in the copy
TONGUES = {"de": _l("Deutsch"), "en": _l("Englisch")}


@bp.get("/account/data")
def data() -> Response:
    """Show what the person agreed to, and how far the copy of their data is."""
    me = _me()
    newest = Takeout.newest_of(me)
    is_there = newest is not None and _is_there(me, newest)
    values: dict[str, Any] = {"takeout": newest, "is_there": is_there, "days": DAYS[Brief.COPIES]}
    if is_htmx():
        return block("account/data.html", "copy", **values)
    agreed = list(consents_of(me).limit(CONSENTS + 1))
    return page(
        "account/data.html",
        consents=agreed[:CONSENTS],
        tongues=TONGUES,
        has_more=len(agreed) > CONSENTS,
        **values,
    )


def _is_there(me: Account, takeout: Takeout) -> bool:
    return takeouts.file_of(me, takeout.id, now=clock.now()) is not None


@bp.post("/account/data")
def ask_for_data() -> Response:
    """Have the copy made."""
    if asked := confirm.needed():
        return asked
    try:
        takeouts.ask(_me(), now=clock.now())
    except takeouts.AlreadyAsked:
        flash(_("Ihre Kopie ist schon in Arbeit."))
    return go_to(url_for("privacy.data"))


@bp.get("/account/data/<id:takeout>.zip")
def fetch(takeout: int) -> Response:
    """Give the copy to the person it was made for, and to nobody else (rule P1)."""
    me, now = _me(), clock.now()
    found = takeouts.file_of(me, takeout, now=now)
    if found is None:
        abort(404)
    if asked := confirm.needed():
        return asked
    place = archives.path(current_app.config["PORTAL"].takeouts.resolve(), found.file_name)
    if not place.is_file():
        abort(404)
    if request.method == "GET":
        takeouts.note_download(found, by=me, now=now)
    name = f"meine-daten-{found.asked_at:%Y-%m-%d}.zip"
    answer = send_file(place, "application/zip", as_attachment=True, download_name=name, conditional=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


class DeletionForm(Form):
    """What is to go, and the e-mail address as a sign that it is meant."""

    scope = Line(longest=10)
    email = Line(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])


@bp.get("/account/delete")
def delete() -> Response:
    """Say what would go, what would stay locked until when and why; or that it is asked for already."""
    me = _me()
    waits = deletions.open_for(me)
    if waits is not None:
        return page(
            "account/deletion_asked.html",
            asked=waits,
            is_held_up=bool(waits.last_error) or deletions.outlook(me, waits.scope, now=clock.now()).waits,
            kept=retention_words.kept(waits.kept),
        )
    if me.role is not Role.OWNER:
        return page("account/delete_staff.html")
    if asked := confirm.needed():
        return asked
    return _deletion_page(DeletionForm())


@bp.post("/account/delete")
def ask_to_delete() -> Response:
    """Ask that it goes; the typed address must be the account's."""
    me = _me()
    if me.role is not Role.OWNER:
        abort(404)
    if asked := confirm.needed():
        return asked
    form, scope = DeletionForm(), _scope(me)
    if scope is None:
        return _deletion_page(form, {"scope": _("Bitte wählen Sie, was gelöscht werden soll.")})
    if not form.validate():
        return _deletion_page(form, form.mistakes)
    if accounts.normal(form.email.data) != me.email:
        return _deletion_page(form, {"email": _("Das ist nicht die E-Mail-Adresse dieses Kontos.")})
    try:
        deletions.ask(me, scope, now=clock.now())
    except deletions.AlreadyAsked:
        flash(_("Die Löschung ist schon beantragt."))
    return go_to(url_for("privacy.delete"))


def _scope(me: Account) -> Scope | None:
    """Return what was chosen; who is the last one of a business has no choice."""
    if deletions.is_last(me):
        return Scope.BUSINESS
    return next((one for one in Scope if one == request.form.get("scope")), None)


def _deletion_page(form: DeletionForm, errors: dict[str, str] | None = None) -> Response:
    me, now = _me(), clock.now()
    business = deletions.outlook(me, Scope.BUSINESS, now=now)
    return page(
        "account/delete.html",
        status=422 if errors else 200,
        form=form,
        errors=errors or {},
        is_last=deletions.is_last(me),
        business=business,
        kept=retention_words.kept(deletions.plain(business.kept)),
        stand=retention_words.stand(),
        grace=GRACE.days,
    )


@bp.post("/account/delete/withdraw")
def withdraw() -> Response:
    """Take the request back; for the whole business any of its people may."""
    me = _me()
    waits: Deletion | None = deletions.open_for(me)
    try:
        if waits is None:
            raise deletions.DeletionMoved
        deletions.withdraw(waits, by=me, now=clock.now())
        flash(_("Es wird nichts gelöscht."), "good")
    except deletions.DeletionMoved:
        flash(_("Es ist keine Löschung mehr beantragt."))
    return go_to(url_for("account.account"))


def _me() -> Account:
    found: Any = current_user
    return found._get_current_object()
