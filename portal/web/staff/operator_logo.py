"""The operator's logo: taken, made harmless, shown on every page; for admins only (section Operator)."""

from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions import operator as deeds
from portal.outside import clock, logos
from portal.outside.logos import LogoProblem, LogoRefused
from portal.web.fragments import go_to
from portal.web.staff import admins, bp
from portal.web.staff.operator import me, with_error

PROBLEMS: dict[LogoProblem, Any] = {
    LogoProblem.TOO_LARGE: _l(
        "Die Datei ist zu groß. Höchstens %(most)s KB sind möglich.", most=logos.MOST_BYTES // 1024
    ),
    LogoProblem.NOT_A_LOGO: _l("Das ist kein Logo. Es gehen SVG und PNG."),
    LogoProblem.BROKEN: _l("Die Datei lässt sich nicht öffnen. Bitte nehmen Sie eine andere."),
    LogoProblem.EMPTY: _l("In der Datei ist kein Bild."),
    LogoProblem.NOTHING_DRAWN: _l(
        "Von dieser Zeichnung bliebe nichts zu sehen. Bitte speichern Sie das Logo als PNG."
    ),
}


@bp.post("/operator/logo")
def operator_logo() -> Response:
    """Take a new logo, or go back to the brand's name alone."""
    if asked := admins.only():
        return asked
    if request.form.get("do") == "remove":
        deeds.remove_logo(by=me(), now=clock.now())
        flash(_("Das Logo ist weg. Oben steht wieder nur die Marke."), "good")
        return go_to(url_for("staff.operator"))
    file = request.files.get("logo")
    if file is None or not file.filename:
        return with_error("logo", _("Bitte wählen Sie eine Datei aus."))
    try:
        logo = logos.read(file.stream)
    except LogoRefused as problem:
        return with_error("logo", str(PROBLEMS[problem.reason]))
    deeds.set_logo(logo.content, logo.kind, logo.digest, by=me(), now=clock.now())
    flash(_("Das Logo steht ab jetzt auf jeder Seite."), "good")
    return go_to(url_for("staff.operator"))
