"""Photos that people send: stored one by one, and what to say of those that were not taken."""

from collections.abc import Callable

from flask import current_app, request
from flask_babel import gettext as _

from portal.outside.files import (
    MAX_BYTES,
    PhotoProblem,
    PhotoRefused,
    StoredPhoto,
    delete_photo,
    store_photo,
)

MEGABYTE = 1024 * 1024


def message_of(reason: PhotoProblem, name: str) -> str:
    """Return what was wrong with a photo and what to do."""
    shown = name if len(name) <= 40 else name[:37] + "…"
    return {
        PhotoProblem.TOO_LARGE: _(
            "„%(name)s“ ist zu groß. Ein Foto darf höchstens %(size)s MB haben.",
            name=shown,
            size=MAX_BYTES // MEGABYTE,
        ),
        PhotoProblem.NOT_AN_IMAGE: _(
            "„%(name)s“ ist kein Foto. Es gehen JPEG, PNG, WebP und HEIC.", name=shown
        ),
        PhotoProblem.TOO_MANY_PIXELS: _(
            "„%(name)s“ hat zu viele Bildpunkte. Bitte nehmen Sie ein kleineres Foto.", name=shown
        ),
        PhotoProblem.BROKEN: _(
            "„%(name)s“ lässt sich nicht öffnen. Bitte nehmen Sie ein anderes Foto.", name=shown
        ),
        PhotoProblem.NO_SPACE: _(
            "„%(name)s“ konnten wir gerade nicht speichern. Machen Sie ohne dieses Foto weiter.", name=shown
        ),
        PhotoProblem.BUSY: _(
            "„%(name)s“ fehlt noch: Gerade kommen viele Fotos an. Bitte senden Sie es noch einmal.",
            name=shown,
        ),
    }[reason]


def nothing_chosen(field: str) -> str:
    """Return what to say if a form for photos came without any, else nothing."""
    return (
        ""
        if any(one.filename for one in request.files.getlist(field))
        else _("Wählen Sie zuerst ein Foto aus.")
    )


def take(field: str, keep: Callable[[StoredPhoto], object], too_many: type[Exception]) -> tuple[int, str]:
    """Store the photos of a form's field; return how many, and what to say of those not taken.

    `keep` writes one down; when it raises, the file goes again. `too_many` means that no more fit.
    """
    folder = current_app.config["PORTAL"].photos
    taken, refused = 0, []
    for file in (one for one in request.files.getlist(field) if one.filename):
        try:
            stored = store_photo(file.stream, folder)
            try:
                keep(stored)
            except Exception:
                delete_photo(folder, stored.name)
                raise
            taken += 1
        except PhotoRefused as problem:
            refused.append(message_of(problem.reason, file.filename or ""))
        except too_many:
            refused.append(_("Mehr Fotos gehen nicht. Die übrigen fehlen."))
            break
    return taken, " ".join(refused)
