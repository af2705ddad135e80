"""The report: one question per page, saved after each answer (rules T1–T9, S1, S3).

The report belongs to the browser: `session["draft"]` holds its key. It can be begun and sent signed out;
whoever sends it without an account follows it by a secret address (rule P1a).
"""

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import emergencies, quotas, reports
from portal.actions.throttle import TooManyTries
from portal.models import Account, Case, Draft, Emergency, SubstituteLink
from portal.outside import clock
from portal.rules.quotas import Kind, UsedUp, network_of
from portal.rules.report import UNLISTED, Page, yes_no
from portal.rules.triage import Hold
from portal.web import labels
from portal.web.access import please_sign_in
from portal.web.context import language
from portal.web.fragments import page as show
from portal.web.owner import case_page
from portal.web.public.report_pages import CHECK, Walk
from portal.web.public.report_words import words_of
from portal.web.public.signing import too_many, wait_until

bp = Blueprint("report", __name__, url_prefix="/report")


@bp.before_request
def send_staff_away() -> Response | None:
    """Reports are written by salons; staff have the queue."""
    if current_user.is_authenticated and current_user.is_staff:
        flash(_("Meldungen schreiben die Salons. Sie sind als Support angemeldet."))
        return redirect(url_for("staff.queue"), code=303)
    return None


def person() -> Account | None:
    """Return who is signed in, or None."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def draft_here() -> Draft | None:
    """Return this browser's report; another person's is none (rule P1)."""
    draft = reports.find(session.get("draft"))
    if draft and draft.account_id and current_user.is_authenticated and draft.account_id != current_user.id:
        session.pop("draft", None)
        return None
    return draft


def walk_here() -> Walk | Response:
    """Return where this browser's report stands, or the answer that leads to where it must go on."""
    draft = draft_here()
    if draft is None:
        return redirect(url_for("report.begin"), code=303)
    if draft.sent_at:
        return confirmation_of(draft)
    return Walk(draft, person())


def confirmation_of(draft: Draft) -> Response:
    """Lead to the confirmation of a report that was sent already."""
    return _sent_address(Case.get(Case.draft == draft.id))


def _sent_address(case: Case) -> Response:
    """Lead to the confirmation; who sent it without an account gets the case's secret address (P1a)."""
    emergency = Emergency.of_case(case)
    if emergency is None:
        return redirect(url_for("report.sent", number=case.number), code=303)
    token = emergencies.token_of(emergency, current_app.config["PORTAL"].secret)
    return redirect(url_for("emergency.case", token=token), code=303)


@bp.get("")
def begin() -> Response:
    """Say what comes, or offer to go on with a report that was begun; one that ended is none."""
    return _begin_page(draft_here(), person())


def _begin_page(
    draft: Draft | None, account: Account | None, status: int = 200, full_until: str = ""
) -> Response:
    here = _unfinished(draft, account)
    elsewhere = None
    if account and not here:
        found = Draft.open_of(account).first()
        elsewhere = _unfinished(found, account) if found != draft else None
    return show("report/begin.html", status=status, here=here, elsewhere=elsewhere, full_until=full_until)


def _unfinished(draft: Draft | None, account: Account | None) -> Walk | None:
    """Return where a report stands that still has something to answer or to send."""
    if draft is None or draft.sent_at:
        return None
    walk = Walk(draft, account)
    return None if walk.has_ended else walk


@bp.post("")
def start() -> Response:
    """Begin a new report; one that was begun in this browser is thrown away.

    Without an account there are no devices to choose from: the first question is about the device.
    """
    from portal.web.public.report_photos import remove_files

    draft, account, now = draft_here(), person(), clock.now()
    if account is None:
        try:
            quotas.spend(Kind.REPORTS, network_of(request.remote_addr or ""), now=now)
        except UsedUp as problem:
            return too_many(_begin_page(draft, None, 429, labels.time_of_day(problem.free_at)), problem)
    if draft and not draft.sent_at:
        remove_files(reports.discard(draft))
    begun, session["draft"] = reports.begin(account=account, now=now)
    if account is not None:
        return redirect(url_for("report.question", page=Page.DEVICE), code=303)
    reports.answer(begun, Page.DEVICE, {"device": UNLISTED}, account=None, now=now)
    return redirect(url_for("report.question", page=Page.DEVICE_DETAILS), code=303)


@bp.post("/take-along")
def take_along() -> Response:
    """Go on here with the report that was begun on another device."""
    account = person()
    if account is None:
        return please_sign_in()
    draft = Draft.open_of(account).first()
    if draft is None:
        return redirect(url_for("report.begin"), code=303)
    taken, session["draft"] = reports.take_along(draft, account=account, now=clock.now())
    return redirect(Walk(taken, account).resume_address, code=303)


@bp.route("/<page>", methods=["GET", "POST"])
def question(page: str) -> Response:
    """Ask one question, and keep the answer."""
    if page not in list(Page):
        abort(404)
    walk = walk_here()
    if isinstance(walk, Response):
        return walk
    asked = Page(page)
    if not walk.may_show(asked):
        return redirect(walk.resume_address, code=303)
    if asked is Page.FAULT:
        from portal.web.public import report_photos

        return report_photos.fault_page(walk)
    return _keep(walk, asked) if request.method == "POST" else _ask(walk, asked)


def _ask(walk: Walk, page: Page) -> Response:
    form = walk.form_of(page)(formdata=None, data=walk.stored(page))
    form.prepare(walk)
    return page_of(walk, page, form)


def _keep(walk: Walk, page: Page) -> Response:
    form = walk.form_of(page)()
    form.prepare(walk)
    if not form.validate():
        return page_of(walk, page, form, errors=form.mistakes)
    return keep(walk, page, form)


def keep(walk: Walk, page: Page, form, *, stay: bool = False) -> Response:
    """Store a page's answers and lead on; `stay` leads to the same page again."""
    try:
        draft = reports.answer(walk.draft, page, form.given(walk), account=walk.account, now=walk.now)
    except reports.ReportSent:
        return confirmation_of(walk.draft)
    except Draft.DoesNotExist:  # thrown away in another tab meanwhile
        return redirect(url_for("report.begin"), code=303)
    if stay:
        return redirect(url_for("report.question", page=page, back=_wanted_back()), code=303)
    after = Walk(draft, walk.account)
    return redirect(after.address_after(page, back_to_check=_wanted_back() == CHECK), code=303)


def page_of(walk: Walk, page: Page, form, *, errors=None, status: int = 0, **values) -> Response:
    """Show a page of the report; with errors the answer is 422 and what was typed stays."""
    step, of = walk.place_of(page)
    back = url_for("report.check") if _wanted_back() == CHECK else walk.address_before(page)
    if address := report_so_far.address(page):
        values |= {"so_far_address": address, "so_far": report_so_far.of_walk(walk)}
    return show(
        f"report/{page}.html",
        status=status or (422 if errors else 200),
        walk=walk, page=page, form=form, errors=errors or {}, step=step, of=of, back=back,
        action=url_for("report.question", page=page, back=_wanted_back()), **words_of(walk, page), **values,
    )  # fmt: skip


def _wanted_back() -> str | None:
    return CHECK if request.args.get("back") == CHECK else None


@bp.get("/result")
def result() -> Response:
    """Say who helps instead, or that it works again (rules T1, T2, T4, T5)."""
    walk = walk_here()
    if isinstance(walk, Response):
        return walk
    if not walk.has_ended:
        return redirect(walk.resume_address, code=303)
    return show("report/result.html", walk=walk, back=walk.address_before_result)


@bp.get("/check")
def check() -> Response:
    """Show all answers before sending; each can be changed."""
    walk = walk_here()
    return walk if isinstance(walk, Response) else _check_page(walk)


def _check_page(walk: Walk, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    from portal.web.public.report_summary import sections

    if walk.first_open or walk.has_ended:
        return redirect(walk.resume_address, code=303)
    step, of = walk.place_of(None)
    last = url_for("report.question", page=walk.path[-1])
    expected = report_so_far.of_walk(walk) if yes_no(walk.answers, Page.LINK, "wanted") else None
    return show(
        "report/check.html", status=status, walk=walk, sections=sections(walk), step=step, of=of, back=last,
        so_far=expected, errors=errors or {},
    )  # fmt: skip


@bp.post("/send")
def send() -> Response:
    """Make the report a case; sending again leads to the same confirmation (rule S3)."""
    draft, account = draft_here(), person()
    if draft is None:
        return redirect(url_for("report.begin"), code=303)
    try:
        case = reports.send(draft, by=account, now=clock.now()) if account else _send_unknown(draft)
    except reports.ReportIncomplete as missing:
        flash(_("Diese Antwort fehlt noch. Danach können Sie absenden."))
        return redirect(url_for("report.question", page=missing.page), code=303)
    except TooManyTries as problem:
        return too_many(_check_page(Walk(draft, None), 429, {"": wait_until(problem)}), problem)
    return _sent_address(case)


def _send_unknown(draft: Draft) -> Case:
    """Send the report of somebody without an account; sent again it is not counted (rules P1a, S3)."""
    now, secret = clock.now(), current_app.config["PORTAL"].secret
    if draft.sent_at is None:
        emergencies.count_report(request.remote_addr or "", now=now)
    case = reports.send(draft, by=None, now=now, secret=secret, language=language())
    if draft.sent_at is None:
        flash(_("Ihre Meldung ist bei uns."), "good")
    return case


@bp.get("/sent/<number:number>")
def sent(number: str) -> Response:
    """Confirm: the number, what happens next and when."""
    if not current_user.is_authenticated:
        return please_sign_in()
    case = get_object_or_404(Case.visible_to(current_user), Case.number == number)
    holds = [Hold(hold) for hold in case.holds]
    link = SubstituteLink.shown_with(case) or SubstituteLink.open_for(case.device)
    now = clock.now()
    other, is_lapsed = case_page.other_send_in(case, holds, now), case.is_lapsed(now)
    return show("report/sent.html", case=case, holds=holds, link=link, other=other, is_lapsed=is_lapsed)


from portal.web.public import report_photos, report_so_far  # noqa: E402, F401 (they add their addresses)
