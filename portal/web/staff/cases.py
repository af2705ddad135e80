"""One case as staff see it: facts before buttons (rules P1, S3)."""

from flask import Response, request
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.models import (
    Attachment,
    Case,
    Consent,
    Emergency,
    Feedback,
    History,
    Message,
    SubstituteLink,
    Swap,
    desk,
)
from portal.models.durations import links_and_times
from portal.outside import clock
from portal.rules.carriers import tracking_url
from portal.rules.forecast import ENOUGH
from portal.rules.links import LinkState
from portal.web import erased
from portal.web.fragments import is_htmx, page
from portal.web.looking import looked
from portal.web.staff import bp, facts, navigation, parcel_lines, past, reckoning, sheets
from portal.web.staff.sheets import Sheet


def found(number: str) -> Case:
    """Return the case of this number, or answer 404."""
    return erased.refused(get_object_or_404(Case.visible_to(current_user), Case.number == number))


@bp.get("/cases/<number:number>")
def case(number: str) -> Response:
    """Show one case."""
    shown = found(number)
    looked(shown)
    return case_page(shown)


@bp.get("/cases/<number:number>/pane")
def case_pane(number: str) -> Response:
    """Show the decision of a case beside the list it was chosen from."""
    shown = found(number)
    looked(shown)
    return pane(sheet_of(shown, list_named(request.args.get("at", ""))))


def list_named(name: str) -> str:
    """Return the name of a list of the desk; anything else is no list."""
    return name if name in navigation.NAMES or name == "check-in" else ""


def sheet_of(case: Case, at: str = "") -> Sheet:
    """Return the case's sheet with its open link."""
    return sheets.of_case(case, desk.open_links_of([case]).get(case.id), at)


def case_page(case: Case, sheet: Sheet | None = None, status: int = 200) -> Response:
    """Show everything about a case; with `sheet`, what came back instead of a fresh one."""
    links, times = links_and_times(case.device_id) if case.device_id else ([], {})
    messages = list(Message.of_case(case, with_internal=True))
    if sheet is None:
        link = next((link for link in links if link.case_id == case.id and link.open_device), None)
        said = next((message for message in reversed(messages) if not message.internal), None)
        sheet = sheets.of_case(case, link, said=said)
        if said is None or not (case.answered_at or case.state == "awaiting_information"):
            sheet.said = None
    return page(
        "staff/case.html",
        status=status,
        case=case,
        sheet=sheet,
        errors=sheet.errors,
        facts=facts,
        emergency=Emergency.of_case(case) if case.reporter_id is None else None,
        messages=[message for message in messages if not message.internal],
        notes=[message for message in messages if message.internal],
        links=[link for link in links if sheet.link is None or link.id != sheet.link.id],
        photos=list(Attachment.of_case(case)),
        consents=list(Consent.of_case(case)),
        swaps=list(Swap.of_case(case)) if case.received_at else [],
        parcel=parcel_lines.of_case(case) if case.received_at else None,
        feedback=Feedback.of_case(case) if case.state == "commissioned" else None,
        history=past.entries(History.of_case(case)),
        carrier_page=tracking_url(case.carrier, case.tracking_number) if case.carrier else None,
        back_page=tracking_url(case.return_carrier, case.return_tracking) if case.return_carrier else None,
        others=list(desk.other_open_cases(case)) if case.device_id else [],
        is_lapsed=case.is_lapsed(clock.now()),
        reckoning=reckoning.of_case(case, sheet.link, times),
        enough_cases=ENOUGH,
    )


def link_page(link: SubstituteLink, sheet: Sheet | None = None, status: int = 200) -> Response:
    """Show everything about one link: its facts, its history, the device's other links (rule L3)."""
    sheet = sheet or sheets.of_link(link)
    return page(
        "staff/link.html",
        status=status,
        link=link,
        sheet=sheet,
        errors=sheet.errors,
        facts=facts,
        links=[other for other in desk.links_of(link.device_id) if other.id != link.id],
        history=past.entries(History.of_link(link)),
        is_requested=link.state == LinkState.REQUESTED,
    )


def pane(sheet: Sheet, status: int = 200) -> Response:
    """Show the sheet alone, for htmx."""
    return page("staff/pane.html", status=status, sheet=sheet)


def show(sheet: Sheet, status: int = 200) -> Response:
    """Answer with the sheet: htmx gets the pane, everybody else the page it belongs to."""
    if is_htmx():
        return pane(sheet, status)
    at, sheet.at = sheet.at, ""
    if sheet.case is not None:
        return case_page(sheet.case, sheet, status)
    sheet.at = at
    return link_page(sheet.link, sheet, status)
