"""How large may a request be?  As large as its kind needs: photos are, what people type is not."""

from flask import Flask, request

from portal.outside.files import MEGABYTE

FORM = 1 * MEGABYTE  # the longest text a page takes, many times over
PHOTOS = 80 * MEGABYTE  # five photos of a good phone; one photo's own limit is smaller
PHOTO = 16 * MEGABYTE
LIST = 21 * MEGABYTE

LARGER = {
    "report.question": PHOTOS,
    "staff.add_photos": PHOTOS,
    "staff.take_in": PHOTOS,
    "staff.open_unknown": PHOTOS,
    "staff.scan": PHOTO,
    "staff.import_file": LIST,
}
"""By endpoint; what is not named here is a form."""


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the body; reading beyond it ends with 413."""

    @app.before_request
    def limit() -> None:
        request.max_content_length = limit_of(request.endpoint)


def limit_of(endpoint: str | None) -> int:
    """Return how many bytes an address takes."""
    return LARGER.get(endpoint or "", FORM)


def in_words() -> str:
    """Return what this address takes large things of, for the page that says it was too much."""
    if request.endpoint == "staff.import_file":
        return "list"
    return "photos" if request.endpoint in LARGER else "text"
