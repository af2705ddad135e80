"""How large may a request be?  As large as its kind needs: photos are, what people type is not."""

from flask import Flask, request

from portal.outside.files import MEGABYTE

FORM = 1 * MEGABYTE  # the longest text a page takes, many times over
PHOTOS = 80 * MEGABYTE  # five photos of a good phone; one photo's own limit is smaller
PHOTO = 16 * MEGABYTE
LIST = 21 * MEGABYTE

LARGER = {
    "report.question:fault": PHOTOS,
    "staff.add_photos": PHOTOS,
    "staff.take_in": PHOTOS,
    "staff.open_unknown": PHOTOS,
    "staff.scan": PHOTO,
    "staff.import_file": LIST,
}
"""By endpoint, and of the report by question too; what is not named here is a form."""


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the body; reading beyond it ends with 413."""

    @app.before_request
    def limit() -> None:
        request.max_content_length = LARGER.get(_kind(), FORM)


def in_words() -> str:
    """Return what this address takes large things of, for the page that says it was too much."""
    kind = _kind()
    if kind == "staff.import_file":
        return "list"
    return "photos" if kind in LARGER else "text"


def _kind() -> str:
    """Return the endpoint, and of a report's questions which one it is."""
    page = (request.view_args or {}).get("page", "")
    return f"{request.endpoint}:{page}" if request.endpoint == "report.question" else str(request.endpoint)
