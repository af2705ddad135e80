"""Staff put a returned server back into service: the checklist, item by item (rules R5, L11, L11a)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import commissioning as deeds
from portal.actions import tills
from portal.actions.cases import CaseMoved
from portal.actions.conditions import NotCommissioned, PartsOutstanding, tse_first
from portal.models import Account, Case, CommissioningTick, ParcelItem, SubstituteLink
from portal.outside import clock
from portal.rules import commissioning as rules
from portal.rules.commissioning import Item, ItemRefused
from portal.rules.links import OPEN_STATES
from portal.rules.workflow import State, StepRefused
from portal.web import labels
from portal.web.forms import Form
from portal.web.fragments import block, go_to, is_htmx, page
from portal.web.staff import bp, link_deeds, parcel_lines
from portal.web.staff.cases import found
from portal.web.staff.forms import deed_form, fits
from portal.web.staff.link_deeds import Deed

TEMPLATE = "staff/commissioning.html"
SHOWN = (Item.SESSION, Item.RESTORED, Item.REPOSTED, Item.TEST_RECEIPT, Item.OWNER_CONFIRMS)
"""The lines of the list: the link's end is one step, and one line, with the restored database (L11a)."""

# What each line is called while it is open, and what its button says.
LINES: Mapping[Item, tuple[Any, Any]] = {
    Item.SESSION: (_l("Sitzung mit RustDesk steht"), _l("Sitzung steht")),
    Item.RESTORED: (
        _l("Datenbank zurückgespielt, Ersatzlink beendet"),
        _l("Zurückgespielt, Link beenden"),
    ),
    Item.REPOSTED: (_l("Daten aus dem Ersatzlink nachgebucht"), _l("Nachgebucht")),
    Item.TEST_RECEIPT: (_l("Testbeleg gedruckt und geprüft"), _l("Testbeleg stimmt")),
    Item.OWNER_CONFIRMS: (_l("Der Salon bestätigt: Alles läuft"), _l("Salon hat bestätigt")),
}
WITHOUT_LINK: Mapping[Item, tuple[Any, Any]] = {
    Item.RESTORED: (
        _l("Datenbank zurückgespielt"),
        _l("Datenbank ist zurückgespielt"),
    ),
    Item.REPOSTED: (_l("Nichts nachzubuchen, es gab keinen Ersatzlink"), _l("Nichts nachzubuchen")),
}
FASTER = _l(
    "Jemand anderes war schneller. Hier sehen Sie den jetzigen Stand. Ihr Schritt wurde nicht ausgeführt."
)
OUT_OF_ORDER = _l("Das geht noch nicht. Bitte halten Sie die Reihenfolge der Liste ein.")


@dataclass(frozen=True)
class Line:
    """One line of the list: done with time and person, to be done now, or later."""

    item: Item
    label: Any
    button: Any
    done: str = ""
    is_open: bool = False
    is_next: bool = False
    ends_link: SubstituteLink | None = None

    @property
    def state(self) -> str:
        """Return how the line looks."""
        if self.done:
            return "done"
        return "now" if self.is_open else "next"


@dataclass(frozen=True)
class Left:
    """A till that may still be there: what is known of it, and how staff confirm that it is gone (L11a).

    Without `deed` its link is still open: it slipped in after the list had ended the others.
    """

    link: SubstituteLink
    deed: Deed | None
    text: Any = ""
    problem: str = ""
    since: datetime | None = None
    is_open: bool = False  # its form came back with mistakes


@dataclass(frozen=True)
class Checklist:
    """The whole list as it stands."""

    lines: tuple[Line, ...]
    left: tuple[Left, ...]
    is_done: bool
    can_complete: bool
    parts: tuple[str, ...] = ()  # of the parcel, still outstanding


@bp.get("/cases/<number:number>/commissioning")
def commissioning(number: str) -> Response:
    """Show the checklist; before the appointment is made there is none, the case's page says where it is."""
    case = found(number)
    if case.state not in (State.COMMISSIONING_BOOKED, State.COMMISSIONED):
        return go_to(url_for("staff.case", number=number))
    return _show(case)


@bp.post("/cases/<number:number>/commissioning/<item>")
def tick(number: str, item: str) -> Response:
    """Tick one item; what is out of order or done already is told, and the present list shown (S3)."""
    case = found(number)
    if item not in SHOWN:
        abort(404)
    deleted = request.form.get("till_deleted") == "yes"
    try:
        deeds.tick(case, Item(item), by=_me(), now=clock.now(), till_deleted=deleted)
    except ItemRefused:
        return _refused(number, OUT_OF_ORDER)
    except (CaseMoved, StepRefused):
        return _refused(number, FASTER)
    return _show(found(number)) if is_htmx() else _back(number)


@bp.post("/cases/<number:number>/commissioning/tills/<id:link>")
def confirm_till(number: str, link: int) -> Response:
    """Confirm that a till is gone, for one made by hand or a back end that is silent (L11a)."""
    case = found(number)
    left = next((one for one in _tills_left(case) if one.id == link), None)
    if left is None or not link_deeds.may_confirm(left):
        return _refused(number, FASTER)
    deed = link_deeds.confirm_till(left)
    form = deed_form(deed.ask, deed.tick, deed.with_address)
    if not fits(form):
        return _show(case, status=422, form=form, mistyped=link)
    try:
        tills.confirm_by_hand(
            left, by=_me(), now=clock.now(), why=form[deed.ask.name].data if deed.ask else ""
        )
    except StepRefused:
        return _refused(number, FASTER)
    return _show(found(number)) if is_htmx() else _back(number)


@bp.post("/cases/<number:number>/commissioning/complete")
def complete(number: str) -> Response:
    """End the case: from now on the server may be used (R5, L11a)."""
    case = found(number)
    try:
        deeds.complete(case, by=_me(), now=clock.now())
    except NotCommissioned as problem:
        return _refused(number, _missing(problem))
    except PartsOutstanding as problem:
        names = "; ".join(parcel_lines.names_of(problem.items))
        return _refused(number, _("Noch offen: %(what)s.", what=names))
    except (CaseMoved, StepRefused):
        return _refused(number, FASTER)
    flash(_("Der Kassenserver ist wieder in Betrieb. Der Vorgang ist abgeschlossen."), "good")
    return go_to(url_for("staff.commissioning", number=number))


def _missing(problem: NotCommissioned) -> str:
    """Name what keeps the case open."""
    open_lines = [str(LINES[item][0]) for item in problem.items if item in LINES]
    if problem.links:
        open_lines.append(_("Die Kasse eines Ersatzlinks ist noch nicht als gelöscht bestätigt"))
    return _("Noch offen: %(what)s.", what="; ".join(open_lines))


def _back(number: str) -> Response:
    return go_to(url_for("staff.commissioning", number=number))


def _refused(number: str, notice: LazyString | str) -> Response:
    case = found(number)
    if case.state not in (State.COMMISSIONING_BOOKED, State.COMMISSIONED):
        flash(str(notice), "stop")
        return go_to(url_for("staff.case", number=number))
    return _show(case, status=409, notice=str(notice))


def _show(
    case: Case, *, status: int = 200, notice: str = "", form: Form | None = None, mistyped: int = 0
) -> Response:
    """Answer with the list: htmx gets its block, everybody else the page."""
    values: dict[str, Any] = {
        "case": case,
        "list": checklist(case, mistyped),
        "notice": notice,
        "errors": form.mistakes if form else {},
        "typed": {field.name: form.value(field.name) for field in form} if form else {},
    }
    if is_htmx():
        return block(TEMPLATE, "checklist", status=status, **values)
    return page(TEMPLATE, status=status, **values)


def checklist(case: Case, mistyped: int = 0) -> Checklist:
    """Return the list as it stands; three questions."""
    ticks = {row.item: row for row in CommissioningTick.of_case(case)}
    links = list(SubstituteLink.of_server(case))
    left = deeds.tills_left(links)
    parts = _parts_left(case)
    shown = [link for link in left if Item.RESTORED in ticks or link.state not in OPEN_STATES]
    return Checklist(
        lines=tuple(_lines(case, ticks, links)),
        left=tuple(_left(link, link.id == mistyped) for link in shown),
        is_done=case.state == State.COMMISSIONED,
        can_complete=not rules.missing(ticks) and not left and not parts,
        parts=parts,
    )


def _parts_left(case: Case) -> tuple[str, ...]:
    """Return the parts of the parcel that keep the case open, the TSE first (rules C4, C4a, C5)."""
    if case.state != State.COMMISSIONING_BOOKED:
        return ()
    items = [item for item in ParcelItem.of_case(case) if not item.standing.is_settled]
    return tuple(parcel_lines.names_of(tse_first(items)))


def _tills_left(case: Case) -> list[SubstituteLink]:
    return deeds.tills_left(SubstituteLink.of_server(case))


def _lines(
    case: Case, ticks: Mapping[Item, CommissioningTick], links: Sequence[SubstituteLink]
) -> Iterator[Line]:
    open_link = next((link for link in links if link.open_device is not None), None)
    words = LINES if open_link or any(_served(link, case) for link in links) else {**LINES, **WITHOUT_LINK}
    booked = case.state == State.COMMISSIONING_BOOKED
    may = [item for item in SHOWN if booked and rules.may_tick(item, set(ticks))]
    for item in SHOWN:
        yield Line(
            item,
            *words[item],
            done=_done(ticks[item]) if item in ticks else "",
            is_open=item in may,
            is_next=item in may[:1],
            ends_link=open_link if item is Item.RESTORED else None,
        )


def _served(link: SubstituteLink, case: Case) -> bool:
    """Tell whether the salon worked with this link while the server was away; older ones do not count."""
    return link.activated_at is not None and (
        link.case_id == case.id or link.activated_at >= case.reported_at
    )


def _done(row: CommissioningTick) -> str:
    who = row.account.name if row.account else _("Portal")
    return f"{labels.short(row.at)}, {who}"


def _left(link: SubstituteLink, is_open: bool) -> Left:
    waiting = link_deeds.waiting(link)
    if waiting is None or not link_deeds.may_confirm(link):
        return Left(link, None)
    return Left(link, link_deeds.confirm_till(link), waiting.text, waiting.problem, waiting.since, is_open)


def _me() -> Account:
    return current_user._get_current_object()
