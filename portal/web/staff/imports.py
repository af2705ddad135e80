"""Take over a customers' list: choose the file, see what would change, then let it be done."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import imports as deeds
from portal.actions.imports import ImportMoved
from portal.models import Account, ImportRun
from portal.models.imports import ImportState
from portal.outside import clock
from portal.rules.register import Column, NoHeader, Wrong
from portal.rules.triage import Origin
from portal.web.forms import clean
from portal.web.fragments import block, go_to, is_htmx, page
from portal.web.labels import ORIGINS
from portal.web.staff import bp, register_file
from portal.web.staff.register_file import MOST_BYTES, NotAList, TooLong, Unclosed

SHOWN = 200  # problems on one page
UNFOLDED = 5  # changed rows that are seen at once

COLUMNS = {
    Column.CUSTOMER_NUMBER: _l("Kundennummer"),
    Column.CUSTOMER_NAME: _l("Kunde"),
    Column.SALON_NAME: _l("Salon"),
    Column.STREET: _l("Straße"),
    Column.POSTAL_CODE: _l("PLZ"),
    Column.CITY: _l("Ort"),
    Column.COUNTRY: _l("Land"),
    Column.PHONE: _l("Telefon"),
    Column.SERIAL: _l("Seriennummer"),
    Column.DEVICE_NAME: _l("Gerät"),
    Column.PURCHASED_ON: _l("Gekauft am"),
    Column.DELIVERED_ON: _l("Geliefert am"),
    Column.ORIGIN: _l("Herkunft"),
    Column.TSE_IN_SERVER: _l("TSE im Server"),
    Column.BACKUP_BOOKED: _l("Sicherung gebucht"),
}
WRONG = {
    Wrong.MISSING: _l("fehlt"),
    Wrong.TOO_LONG: _l("ist zu lang"),
    Wrong.NO_DAY: _l("ist kein Datum; bitte so: 02.05.2023"),
    Wrong.TOO_EARLY: _l("liegt zu weit zurück"),
    Wrong.IN_FUTURE: _l("liegt in der Zukunft"),
    Wrong.WRECKED: _l("sieht nach einer von Excel veränderten Zahl aus"),
    Wrong.NO_ANSWER: _l("ist weder ja noch nein"),
    Wrong.NO_ORIGIN: _l("ist weder „wir“ noch „andere“"),
    Wrong.NO_COUNTRY: _l("ist kein Land; bitte zwei Buchstaben, zum Beispiel DE"),
    Wrong.NO_PHONE: _l("ist keine Telefonnummer"),
    Wrong.NO_ADDRESS: _l("Der Salon ist neu, aber seine Adresse fehlt"),
    Wrong.ELSEWHERE: _l("Das Gerät gehört einem anderen Kunden"),
    Wrong.TWICE: _l("Diese Seriennummer steht zweimal in der Liste"),
    Wrong.NOT_TO_USE: _l("kann nicht verwendet werden"),
    Wrong.TOO_MANY_VALUES: _l("Die Zeile hat mehr Werte, als es Spalten gibt"),
}
OTHERWISE = {
    Wrong.OTHER_CUSTOMER: _l("Zeile %(line)s sagt etwas anderes über denselben Kunden"),
    Wrong.OTHER_SALON: _l("Zeile %(line)s sagt etwas anderes über denselben Salon"),
}
COUNTED = {
    "customers_new": _l("neue Kunden"),
    "customers_changed": _l("geänderte Kunden"),
    "salons_new": _l("neue Salons"),
    "salons_changed": _l("geänderte Salons"),
    "devices_new": _l("neue Geräte"),
    "devices_changed": _l("geänderte Geräte"),
}


@dataclass(frozen=True)
class Row:
    """One problem in words."""

    line: int
    text: str


@dataclass(frozen=True)
class Changed:
    """One row that would change, and what of it: column, old and new."""

    name: str
    columns: list[tuple[str, str, str]]


@bp.get("/imports")
def imports() -> Response:
    """Ask for the file, and show what came of the last ones."""
    return _upload_page()


def _upload_page(error: str = "", status: int = 200) -> Response:
    return page(
        "staff/imports.html",
        status=status,
        errors={"file": error} if error else {},
        runs=list(ImportRun.newest()),
        columns=list(COLUMNS.values()),
        most=register_file.MOST_LINES,
    )


@bp.post("/imports")
def import_file() -> Response:
    """Read the file; nothing is changed before somebody has seen what would be."""
    file = request.files.get("file")
    content = file.read(MOST_BYTES + 1) if file else b""
    if not content:
        return _upload_page(_("Bitte wählen Sie eine Datei aus."), 422)
    try:
        lines, problems = _read(content)
    except _Unfit as problem:
        return _upload_page(str(problem), 422)
    name = clean(file.filename or "")[-120:] or "liste.csv"
    run = deeds.prepare(lines, problems, file_name=name, by=_me(), now=clock.now())
    return go_to(url_for("staff.import_run", run=run.id))


class _Unfit(Exception):
    """The file cannot be taken; its text says why, to people."""


def _read(content: bytes) -> tuple[list[Any], list[Any]]:
    if len(content) > MOST_BYTES:
        raise _Unfit(_("Die Datei ist zu groß. Höchstens 20 MB sind möglich."))
    try:
        return register_file.read(content)
    except Unclosed as error:
        raise _Unfit(_("Anführungszeichen ab Zeile %(line)s nicht geschlossen.", line=error.line)) from error
    except NotAList as error:
        raise _Unfit(_("Das ist keine Liste. Bitte speichern Sie die Tabelle als CSV.")) from error
    except TooLong as error:
        most = register_file.MOST_LINES
        raise _Unfit(_("Die Liste ist zu lang. Höchstens %(most)s Zeilen.", most=most)) from error
    except NoHeader as error:
        named = ", ".join(str(COLUMNS[column]) for column in error.missing)
        raise _Unfit(_("In der ersten Zeile fehlen diese Spalten: %(columns)s.", columns=named)) from error


@bp.get("/imports/<id:run>")
def import_run(run: int) -> Response:
    """Show what would change, how far it is, or what came of it."""
    found = get_object_or_404(ImportRun, ImportRun.id == run)
    values = _shown(found)
    if is_htmx():
        return block("staff/import.html", "progress", **values)
    return page("staff/import.html", **values)


def _shown(run: ImportRun) -> dict[str, Any]:
    is_preview = run.state is ImportState.PREVIEW
    counts = Counter(deeds.expected(run) if is_preview else run.counts)
    changes = [_changed(one) for one in deeds.changes(run)]
    changed = sum(count for name, count in counts.items() if name.endswith("_changed"))
    return {
        "run": run,
        "counts": [(label, counts[name]) for name, label in COUNTED.items() if counts[name]],
        "problems": [_row(one) for one in run.problems[:SHOWN]],
        "more_problems": max(0, len(run.problems) - SHOWN),
        "is_running": run.due_at is not None,
        "changes": changes[:UNFOLDED],
        "folded_changes": changes[UNFOLDED:],
        "more_changes": changed - len(changes) if changes else 0,
    }


def _changed(change: dict[str, Any]) -> Changed:
    return Changed(
        change["name"],
        [
            (str(COLUMNS[Column(column)]), _value(column, old), _value(column, new))
            for column, old, new in change["columns"]
        ],
    )


def _value(column: str, value: Any) -> str:
    """Return a kept value as people read it."""
    if value is None or value == "":
        return _("nicht bekannt")
    if isinstance(value, bool):
        return _("ja") if value else _("nein")
    if column in deeds.DAYS:
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    return str(ORIGINS[Origin(value)]) if column == Column.ORIGIN else value


def _row(problem: dict[str, Any]) -> Row:
    if (said := Wrong(problem["wrong"])) in OTHERWISE:
        return Row(problem["line"], str(OTHERWISE[said]) % {"line": problem["value"]})
    wrong = str(WRONG[said])
    column = str(COLUMNS[Column(problem["column"])]) if problem["column"] else ""
    value = f" ({problem['value']})" if problem["value"] else ""
    return Row(problem["line"], f"{column} {wrong}".strip() + value)


@bp.post("/imports/<id:run>/<any(start, drop):deed>")
def import_deed(run: int, deed: str) -> Response:
    """Take the list over, or throw it away; who comes second is told (rule S3)."""
    found = get_object_or_404(ImportRun, ImportRun.id == run)
    try:
        if deed == "start":
            deeds.start(found, by=_me(), now=clock.now())
        else:
            deeds.drop(found)
    except ImportMoved:
        flash(_("Über diese Liste wurde schon entschieden."))
        return go_to(url_for("staff.import_run", run=run))
    return go_to(url_for("staff.import_run", run=run) if deed == "start" else url_for("staff.imports"))


def _me() -> Account:
    return current_user._get_current_object()
