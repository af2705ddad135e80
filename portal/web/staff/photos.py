"""One photo of a case at the desk: look at it, blacken a part of it, or remove it (rules C4a, P1, S3).

What is to be blackened stands in the address until it is confirmed: every click is a page, so it works
without any script, and the browser's back takes a click back. With a script one draws instead.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Response, abort, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import photos as deeds
from portal.models import Account, Attachment, Case, History
from portal.outside import clock, files
from portal.outside.files import PhotoRefused
from portal.rules import blackening
from portal.rules.blackening import MOST_BOXES, Box, Plan, Point
from portal.web import documents
from portal.web.forms import clean
from portal.web.fragments import go_to, page
from portal.web.staff import bp
from portal.web.staff.cases import found as found_case

SHOWN = 704  # pixels across at most: a click tells where on the picture as it is shown
LONGEST_REASON = 500
SHARES = ("left", "top", "width", "height")


def _found(number: str, photo: int) -> tuple[Case, Attachment]:
    case = found_case(number)
    of_case = (Attachment.id == photo) & (Attachment.case == case)
    return case, get_object_or_404(Attachment, of_case)


@bp.get("/cases/<number:number>/photos/<id:photo>.jpg")
def photo(number: str, photo: int) -> Response:
    """Give one photo of the fault or of what arrived."""
    return documents.photo(_found(number, photo)[1])


@bp.get("/cases/<number:number>/photos/<id:photo>")
def photo_page(number: str, photo: int) -> Response:
    """Show one photo, with what is to be blackened so far."""
    case, found = _found(number, photo)
    plan, errors = _plan(found), {}
    if "at.x" in request.args:
        plan = _clicked(plan, found)
    elif any(name in request.args for name in SHARES):
        plan, errors = _typed(plan, found)
    return _show(case, found, plan, errors=errors, status=422 if errors else 200)


@bp.get("/cases/<number:number>/photos/<id:photo>/preview.jpg")
def photo_preview(number: str, photo: int) -> Response:
    """Give the photo as it would be, as large as the page shows it."""
    found = _found(number, photo)[1]
    if found.removed_at:
        abort(404)
    plan, across = _plan(found), _shown_size(found)[0]
    try:
        shown = files.preview_photo(_folder(), found.name, plan.boxes, width=across, mark=plan.corner)
    except FileNotFoundError:
        abort(404)
    except PhotoRefused:  # many photos at once: the picture is missing now, the page is not
        abort(503)
    return documents.picture(shown, f"Foto-{found.id}")


@bp.post("/cases/<number:number>/photos/<id:photo>/blacken")
def blacken_photo(number: str, photo: int) -> Response:
    """Blacken for good; whoever comes second sees the photo as it is now (S3)."""
    case, found = _found(number, photo)
    boxes = blackening.read_boxes(request.form.getlist("box"), found.width, found.height)
    if not boxes:
        nothing = {"at": _("Wählen Sie zuerst aus, was schwarz werden soll.")}
        return _show(case, found, Plan(), errors=nothing, status=422)
    if found.removed_at or request.form.get("seen") != _mark(found):
        return _moved(number, photo, Plan(boxes))
    try:
        _blacken(found, boxes)
    except (deeds.PhotoMoved, FileNotFoundError):
        return _moved(number, photo, Plan(boxes))
    except PhotoRefused:
        busy = {"at": _("Das geht gerade nicht. Bitte versuchen Sie es gleich noch einmal.")}
        return _show(case, found, Plan(boxes), errors=busy, status=503)
    flash(_("Geschwärzt. Das Bild von vorher ist gelöscht."), "good")
    return go_to(url_for("staff.photo_page", number=number, photo=photo))


def _blacken(found: Attachment, boxes: Iterable[Box]) -> None:
    """Write the new file, change the row, remove the old file: in this order a crash shows nothing (C4a)."""
    stored = files.blacken_photo(_folder(), found.name, boxes)
    try:
        size = {"width": stored.width, "height": stored.height, "size": stored.size}
        deeds.blacken(found, name=stored.name, **size, **_now())
    except Exception:
        files.delete_photo(_folder(), stored.name)
        raise
    files.delete_photo(_folder(), found.name)


@bp.post("/cases/<number:number>/photos/<id:photo>/remove")
def remove_photo(number: str, photo: int) -> Response:
    """Remove the photo, with a reason; its row and its history stay."""
    case, found = _found(number, photo)
    why = clean(request.form.get("why", ""))
    mistake = ""
    if not why:
        mistake = _("Bitte schreiben Sie, warum.")
    elif len(why) > LONGEST_REASON:
        mistake = _("Das ist zu lang. Bitte höchstens %(longest)s Zeichen.", longest=LONGEST_REASON)
    if mistake:
        return _show(case, found, Plan(), errors={"why": mistake}, why=why, status=422)
    try:
        deeds.remove(found, why, **_now())
    except deeds.PhotoMoved:
        return _moved(number, photo, Plan(), why)
    files.delete_photo(_folder(), found.name)
    flash(_("Das Foto ist gelöscht."), "good")
    return go_to(url_for("staff.case", number=number))


def _plan(found: Attachment) -> Plan:
    size = found.width, found.height
    return Plan(
        blackening.read_boxes(request.args.getlist("box"), *size),
        blackening.read_point(request.args.get("corner", ""), *size),
    )


def _clicked(plan: Plan, found: Attachment) -> Plan:
    """Return the plan after a click, which comes in pixels of the picture as it was shown."""
    across, down = _shown_size(found)
    shown = blackening.read_point(f"{request.args.get('at.x')},{request.args.get('at.y')}", across, down)
    if shown is None:
        return plan
    return plan.clicked(Point(shown.x * found.width // across, shown.y * found.height // down))


def _typed(plan: Plan, found: Attachment) -> tuple[Plan, dict[str, str]]:
    """Return the plan with a box given in percent; for whoever cannot point."""
    try:
        shares = [float(request.args.get(name, "").strip().replace(",", ".")) for name in SHARES]
    except ValueError:
        shares = []
    if not shares or not all(0 <= share <= 100 for share in shares) or 0 in shares[2:]:
        return plan, {
            "left": _("Bitte geben Sie vier Zahlen von 0 bis 100 an, Breite und Höhe größer als 0.")
        }
    return plan.with_box(blackening.of_percent(*shares, (found.width, found.height))), {}


def _shown_size(found: Attachment) -> tuple[int, int]:
    across = min(SHOWN, found.width)
    return across, max(1, found.height * across // found.width)


def _moved(number: str, photo: int, plan: Plan, why: str = "") -> Response:
    """Show the photo as it is now, with what was meant for it."""
    notice = _("Jemand anderes hat dieses Foto inzwischen geändert. Sehen Sie es sich noch einmal an.")
    case, found = _found(number, photo)
    return _show(case, found, plan, why=why, status=409, notice=notice)


def _show(
    case: Case,
    found: Attachment,
    plan: Plan,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    notice: str = "",
    why: str = "",
) -> Response:
    across, down = _shown_size(found)
    return page(
        "staff/photo.html",
        status=status,
        case=case,
        photo=found,
        mark=_mark(found),
        boxes=[_text(box) for box in plan.boxes],
        corner=f"{plan.corner.x},{plan.corner.y}" if plan.corner else "",
        is_full=len(plan.boxes) >= MOST_BOXES,
        back=_back(plan),
        across=across,
        down=down,
        errors=errors or {},
        notice=notice,
        why=why,
        typed={name: request.args.get(name, "") for name in SHARES} if errors else {},
        past=_past(case, found),
    )


def _past(case: Case, found: Attachment) -> list[History]:
    """Return who blackened or removed this photo, when and why."""
    rows = (row for row in History.of_case(case) if row.what in deeds.DEEDS)
    return [row for row in rows if row.facts.get("photo") == found.id]


def _back(plan: Plan) -> dict[str, Any]:
    """Return the address's words without what was chosen last."""
    before = plan.taken_back()
    return {"box": [_text(box) for box in before.boxes]}


def _text(box: Box) -> str:
    return ",".join(map(str, box))


def _mark(found: Attachment) -> str:
    """Return what tells this file from the one that may come after it; its name stays unknown."""
    return found.blackened_at.isoformat() if found.blackened_at else "first"


def _folder() -> Path:
    return current_app.config["PORTAL"].photos


def _now() -> dict[str, Any]:
    account: Account = current_user._get_current_object()
    return {"by": account, "now": clock.now()}
