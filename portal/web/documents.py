"""Papers made from a case: the slip in its parcel (rules C1–C3), and its photos; for owner and staff."""

from pathlib import Path

from flask import Response, abort, current_app, send_file
from flask_babel import get_locale

from portal.models import Attachment, Case, Operator
from portal.outside import files
from portal.web.context import operator

STATIC = Path(__file__).resolve().parents[2] / "static"
STYLES = ("documents.css",)


def recipient() -> Operator:
    """Return whom parcels go to (rule C3)."""
    return operator()


def country(code: str) -> str:
    """Return the name of a country in the language of the request: DE → Deutschland."""
    locale = get_locale()
    return (locale.territories.get(code) if locale else None) or code


def answer(case: Case) -> Response:
    """Answer with the slip."""
    abort(404)


def photo(found: Attachment) -> Response:
    """Answer with a photo, or 404 if its file is gone; it never changes, but only its people may keep it."""
    try:
        file = files.open_photo(current_app.config["PORTAL"].photos, found.name)
    except FileNotFoundError:
        abort(404)
    answer = send_file(file, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
