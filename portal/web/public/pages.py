"""The start page, help, imprint, privacy, accessibility, and the choice of language."""

from flask import Blueprint, Response, abort, redirect, request, session, url_for
from flask_login import current_user

from portal.actions import accounts
from portal.models import Logo
from portal.web import documents, retention_words
from portal.web.access import safe_next
from portal.web.context import LANGUAGES, operator
from portal.web.documents import country
from portal.web.documents import kit as kits
from portal.web.fragments import page

bp = Blueprint("public", __name__)


@bp.get("/")
def start() -> Response:
    """Ask what is wrong: report, link or follow.

    Who is not signed in and has begun no report begins it with one press (rule P1a).
    """
    begun = "draft" in session or current_user.is_authenticated
    return page("public/start.html", begins_at_once=not begun)


@bp.get("/help")
def help() -> Response:
    """Show how to help oneself, what is not ours, and whom to call."""
    return page("public/help.html")


@bp.get("/kit.pdf")
def kit() -> Response:
    """Give the emergency kit, to print before the till is gone (rule O4)."""
    return documents.answer(kits.made(), "Notfallmappe")


@bp.get("/logo/<digest>")
def logo(digest: str) -> Response:
    """Give the operator's logo; its address changes whenever the picture does."""
    found = Logo.get_or_none(Logo.digest == digest[:64]) if digest.isalnum() else None
    if found is None:
        abort(404)
    picture = Response(bytes(found.content), mimetype=found.kind)
    picture.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    picture.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return picture


@bp.get("/imprint")
def imprint() -> Response:
    """Show who runs the portal."""
    return page("public/imprint.html", country=country(operator().country))


@bp.get("/privacy")
def privacy() -> Response:
    """Show what is kept of whom, and for how long."""
    return page(
        "public/privacy.html",
        kept_for_years=retention_words.long_periods(operator()),
        kept_for_days=retention_words.brief_periods(),
        periods_stand=retention_words.stand(),
    )


@bp.get("/accessibility")
def accessibility() -> Response:
    """Show how accessible the portal is, and whom to tell of a barrier."""
    return page("public/accessibility.html")


@bp.post("/language")
def language() -> Response:
    """Change the language of this browser, and of the account's letters (rule P5)."""
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        session["language"] = wanted
        if current_user.is_authenticated:
            accounts.speak(current_user, wanted)
    return redirect(safe_next(request.form.get("next")) or url_for("public.start"), code=303)
