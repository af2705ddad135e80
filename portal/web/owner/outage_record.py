"""The outage record of a case or of a link without one, and the salon's own lines in it (rules O1, O3)."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import outages as deeds
from portal.actions.outages import LONGEST, MOST, LineMoved, TooManyLines
from portal.models import Case, OutageLine, SubstituteLink
from portal.outside import clock
from portal.web.documents import outage
from portal.web.forms import Form, Moment, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own
from portal.web.owner.links import own_link
from portal.web.way import Item

EARLIEST = timedelta(days=366)  # before the outage was reported


class OwnLine(Form):
    """One line of the salon's own: when, and what happened."""

    happened = Moment(required=_l("Bitte geben Sie Tag und Uhrzeit an."))
    text = Paragraphs(longest=LONGEST, validators=[Required(_l("Bitte schreiben Sie, was geschehen ist."))])

    def within(self, first: datetime, last: datetime) -> "OwnLine":
        """Take no moment that is far before the outage, and none that has yet to come."""
        self.happened.earliest, self.happened.latest = first, last
        return self


@bp.route("/cases/<number:number>/outage-record", methods=["GET", "POST"])
def outage_record(number: str) -> Response:
    """Show what the record of a case says now; add a line of the salon's own (rule O1)."""
    return _record(own(number))


@bp.post("/cases/<number:number>/outage-record/<id:line>/withdraw")
def outage_line_withdraw(number: str, line: int) -> Response:
    """Take back a line of the salon's own (rule O1)."""
    return _withdraw(own(number), line)


@bp.route("/links/<id:link>/outage-record", methods=["GET", "POST"])
def link_outage_record(link: int) -> Response:
    """Show the record of a link; one that belongs to a case is told of in the case's record (rule O1)."""
    found = own_link(link)
    return redirect(_address(found.case)) if found.case_id else _record(found)


@bp.post("/links/<id:link>/outage-record/<id:line>/withdraw")
def link_outage_line_withdraw(link: int, line: int) -> Response:
    """Take back a line of the salon's own (rule O1)."""
    return _withdraw(own_link(link), line)


def _record(subject: Case | SubstituteLink) -> Response:
    now = clock.now()
    form = OwnLine().within(_reported_at(subject) - EARLIEST, now)
    if request.method != "POST":
        return _page(subject, form)
    if not form.validate():
        return _page(subject, form, status=422)
    try:
        deeds.add_line(
            subject,
            form.text.data,
            form.happened.data,
            by=current_user._get_current_object(),
            now=now,
        )
    except TooManyLines:
        form.text.errors = [_("Mehr als %(most)s eigene Zeilen gehen nicht.", most=MOST)]
        return _page(subject, form, status=422)
    flash(_("Ihre Zeile steht jetzt im Ausfallprotokoll."))
    return go_to(_address(subject) + "#own")


def _withdraw(subject: Case | SubstituteLink, number: int) -> Response:
    line = get_object_or_404(OutageLine.of(subject), OutageLine.id == number)
    try:
        deeds.withdraw_line(line, by=current_user._get_current_object(), now=clock.now())
    except LineMoved:
        notice = _("Diese Zeile war schon zurückgezogen. So steht es jetzt im Protokoll.")
        return _page(subject, OwnLine(formdata=None), status=409, notice=notice)
    flash(_("Die Zeile steht nicht mehr im Ausfallprotokoll."))
    return go_to(_address(subject) + "#own")


def _page(subject: Case | SubstituteLink, form: OwnLine, *, status: int = 200, notice: Any = "") -> Response:
    is_case = isinstance(subject, Case)
    record = outage.of(subject)
    return page(
        "owner/outage_record.html",
        status=status,
        case=subject if is_case else None,
        link=None if is_case else subject,
        record=record,
        way=[Item(one.what, "step", f"{one.at} · {one.who}") for one in record.measures],
        form=form,
        errors=form.mistakes if status == 422 else {},
        notice=notice,
        longest=LONGEST,
    )


def _reported_at(subject: Case | SubstituteLink) -> datetime:
    return subject.reported_at if isinstance(subject, Case) else subject.requested_at


def _address(subject: Case | SubstituteLink) -> str:
    if isinstance(subject, Case):
        return url_for("owner.outage_record", number=subject.number)
    return url_for("owner.link_outage_record", link=subject.id)
