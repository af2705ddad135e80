"""The page about the fault, with its photos (rules C4a, T1).

Photos are stored as soon as they arrive; what was typed beside them is never lost over one that
cannot be taken.
"""

from flask import Response, abort, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from portal.actions import quotas, reports
from portal.models.attachments import MAX_PHOTOS
from portal.outside.files import MAX_BYTES, PhotoRefused, delete_photo, store_photo
from portal.rules.quotas import Kind, UsedUp, network_of
from portal.rules.report import Page
from portal.web import documents, labels, sizes
from portal.web.errors import refused as page_of_refusal
from portal.web.photos import MEGABYTE, message_of
from portal.web.public.report import bp, confirmation_of, draft_here, keep, page_of, walk_here
from portal.web.public.report_pages import Walk
from portal.web.public.signing import too_many


def fault_page(walk: Walk) -> Response:
    """Ask what is wrong; buttons add or remove photos and keep what is typed."""
    form_class = walk.form_of(Page.FAULT)
    if request.method == "GET":
        form = form_class(formdata=None, data=walk.stored(Page.FAULT))
        form.prepare(walk)
        return _show(walk, form)
    form = form_class()
    form.prepare(walk)
    try:
        _remove_one(walk)
        refused = _take_photos(walk)
    except reports.ReportSent:
        return confirmation_of(walk.draft)
    except UsedUp as problem:
        return _too_often(walk, form, problem)
    stays = "add" in request.form or "remove" in request.form
    is_valid = form.validate()
    if refused or (not is_valid and not stays):
        return _show(walk, form, {**({} if stays else form.mistakes), **refused})
    if not is_valid:  # photos first, words later: that is no mistake
        return _show(walk, form)
    return keep(walk, Page.FAULT, form, stay=stays)


def _show(walk: Walk, form, errors: dict[str, str] | None = None, status: int = 0) -> Response:
    return page_of(
        walk,
        Page.FAULT,
        form,
        errors=errors,
        status=status,
        photos=sorted(walk.draft.photos, key=lambda photo: photo.id),
        most_photos=MAX_PHOTOS,
        largest_photo=MAX_BYTES // MEGABYTE,
    )


def _take_photos(walk: Walk) -> dict[str, str]:
    """Store what was sent; return what to say of the photos that were not taken."""
    refused: list[str] = []
    sent = [file for file in request.files.getlist("photos") if file.filename]  # else nothing was chosen
    for file in sent:
        try:
            _take_photo(walk, file.stream)
        except PhotoRefused as error:
            refused.append(message_of(error.reason, file.filename or ""))
        except reports.TooManyPhotos:
            refused.append(_("Mehr als %(most)s Fotos gehen nicht. Die übrigen fehlen.", most=MAX_PHOTOS))
            break
    for file in sent:
        file.close()
    if not sent and "add" in request.form:
        refused.append(_("Wählen Sie zuerst ein Foto aus."))
    return {"photos": " ".join(refused)} if refused else {}


def _too_often(walk: Walk, form, problem: UsedUp) -> Response:
    """Say until when to wait; what was typed stays."""
    until = labels.time_of_day(problem.free_at)
    message = _("Das waren sehr viele Fotos in kurzer Zeit. Weitere gehen ab %(time)s.", time=until)
    return too_many(_show(walk, form, {"photos": message}, status=429), problem)


def _take_photo(walk: Walk, stream) -> None:
    if walk.draft.photos.count() >= MAX_PHOTOS:
        raise reports.TooManyPhotos  # told before the work of decoding is done
    quotas.spend(Kind.PHOTOS, network_of(request.remote_addr or ""), now=walk.now)
    folder = current_app.config["PORTAL"].photos
    stored = store_photo(stream, folder)
    try:
        reports.add_photo(
            walk.draft,
            name=stored.name,
            width=stored.width,
            height=stored.height,
            size=stored.size,
            now=walk.now,
        )
    except Exception:
        delete_photo(folder, stored.name)
        raise


def _remove_one(walk: Walk) -> None:
    wanted = request.form.get("remove", "")
    for photo in walk.draft.photos:
        if str(photo.id) == wanted:
            reports.remove_photo(photo)
            remove_files([photo.name])


def remove_files(names: list[str]) -> None:
    """Remove the files of photos that are no longer needed."""
    for name in names:
        delete_photo(current_app.config["PORTAL"].photos, name)


@bp.get("/photos/<id:photo>")
def photo(photo: int) -> Response:
    """Give one photo of this browser's own report."""
    draft = draft_here()
    found = next((one for one in draft.photos if one.id == photo), None) if draft else None
    if found is None:
        abort(404)
    return documents.photo(found)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Response:
    """Say at the field that all photos together are too much; what was saved before is still there."""
    walk = walk_here() if sizes.in_words() == "photos" else None
    if walk is None or isinstance(walk, Response) or not walk.may_show(Page.FAULT):
        return page_of_refusal(error)
    form = walk.form_of(Page.FAULT)(formdata=None, data=walk.stored(Page.FAULT))
    form.prepare(walk)
    message = _("Die Fotos sind zusammen zu groß. Bitte schicken Sie sie einzeln oder nehmen Sie kleinere.")
    return _show(walk, form, {"photos": message}, status=413)
