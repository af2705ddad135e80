"""Asking for a substitute link without a report: one question per page (rules L1, L4a, C0, B1a–B3, L12).

The answers are kept on the server as soon as each is given; the browser's session holds their key. So every
page can be left and come back to, with or without JavaScript. Sending happens once (S3).
"""

from flask import Response, abort, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.actions import link_requests, link_steps
from portal.actions.link_requests import RequestSent
from portal.actions.links import LinkAlreadyOpen
from portal.models import Device, Draft, SubstituteLink
from portal.outside import clock
from portal.rules.link_request import Page
from portal.web import wordings
from portal.web.context import operator
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.link_request_forms import FORMS, DeviceForm
from portal.web.owner.link_request_pages import CHECK, Walk, address_of, device_choices

KEPT = "link_request"


@bp.route("/links/new", methods=["GET", "POST"])
def link_new() -> Response:
    """Ask for which device; those with an open link are shown and cannot be chosen (rule L1)."""
    devices, taken = list(Device.of(current_user.customer)), _taken()
    form = DeviceForm(data={"device": _chosen(devices, taken)})
    form.device.options = tuple(str(device.id) for device in devices if device.id not in taken)
    if request.method != "POST":
        return _device_page(form, devices, taken)
    if form.device.data:
        _own(devices, form.device.data)
    if (form.device.data or "") in {str(device) for device in taken}:
        return already_open(taken[int(form.device.data)])
    if not form.validate():
        return _device_page(form, devices, taken, status=422)
    draft = _draft()
    if draft is None or draft.sent_at:
        draft, key = link_requests.begin(now=clock.now())
        session[KEPT] = {"key": key, "account": current_user.id}
    return _kept(Walk(draft, devices), Page.DEVICE, form)


def _taken() -> dict[int, SubstituteLink]:
    """Return the open links by device; one past its end is ended first, and its device is free (L1, L9)."""
    now = clock.now()
    opened = list(SubstituteLink.open_for_account(current_user))  # all of them before anything is written
    return {link.device_id: link for link in opened if link_steps.judged(link, now=now).open_device}


def _own(devices: list[Device], chosen: str) -> Device:
    """Return the own device of this id; another's is nowhere to be found (rule P1)."""
    return next((device for device in devices if str(device.id) == chosen), None) or abort(404)


def _chosen(devices: list[Device], taken: dict[int, SubstituteLink]) -> str:
    """Return the device that the address names, the one chosen before, or the only one there is."""
    wanted = request.args.get("device", "")
    if wanted:
        return str(_own(devices, wanted).id)
    draft, free = _draft(), [device for device in devices if device.id not in taken]
    if draft and not draft.sent_at and Page.DEVICE in draft.answers:
        return str(draft.answers[Page.DEVICE]["device"])
    return str(free[0].id) if len(free) == 1 else ""


def _device_page(
    form: DeviceForm, devices: list[Device], taken: dict[int, SubstituteLink], status: int = 200
) -> Response:
    draft = _draft()
    step, of = Walk(draft if draft and not draft.sent_at else None, devices).place_of(Page.DEVICE)
    return page(
        "owner/link_new.html",
        status=status, form=form, errors=form.mistakes if status == 422 else {}, devices=devices, taken=taken,
        devices_free=device_choices([device for device in devices if device.id not in taken]),
        step=step, of=of, action=url_for("owner.link_new", back=_wanted_back()),
        back=address_of(Page.CHECK) if _wanted_back() else url_for("owner.cases"),
    )  # fmt: skip


def _draft() -> Draft | None:
    """Return this browser's request, of whoever is signed in now; another person's is none (rule P1)."""
    kept = session.get(KEPT) or {}
    return link_requests.find(kept.get("key")) if kept.get("account") == current_user.id else None


def _walk() -> Walk | Response:
    """Return where this browser's request stands, or the answer that leads to where it must go on."""
    draft = _draft()
    if draft is None:
        return go_to(url_for("owner.link_new"))
    if draft.sent_at:
        return sent_already(link_requests.link_of(draft))
    walk = Walk(draft, list(Device.of(current_user.customer)))
    if walk.device is None:
        return go_to(url_for("owner.link_new"))
    opened = link_steps.open_now(walk.device, now=walk.now)
    return walk if opened is None else already_open(opened)


def sent_already(link: int | None) -> Response:
    """Lead to the one link that came of a request, however often it is sent (rule S3)."""
    return go_to(url_for("owner.link", link=link) if link else url_for("owner.link_new"))


def already_open(link: SubstituteLink) -> Response:
    """Say kindly that this device has an open link, and lead there (rule L1)."""
    return page("owner/link_taken.html", status=409, link=link)


def _wanted_back() -> str | None:
    return CHECK if request.args.get("back") == CHECK else None


@bp.route("/links/new/<page>", methods=["GET", "POST"])
def link_question(page: str) -> Response:
    """Ask one question, and keep the answer."""
    if page not in FORMS or page == Page.DEVICE:
        abort(404)
    walk, asked = _walk(), Page(page)
    if isinstance(walk, Response):
        return walk
    if not walk.may_show(asked):
        return redirect(walk.resume_address, code=303)
    if request.method != "POST":
        form = FORMS[asked](formdata=None, data=walk.stored(asked))
        form.prepare(walk)
        return _question_page(walk, asked, form)
    form = FORMS[asked]()
    form.prepare(walk)
    if not form.validate():
        return _question_page(walk, asked, form, status=422)
    return _kept(walk, asked, form)


def _kept(walk: Walk, asked: Page, form) -> Response:
    """Keep a page's answers and lead on; a changed answer leads back to the check of all."""
    try:
        draft = link_requests.answer(walk.draft, asked, form.given(walk), now=walk.now)
    except RequestSent as sent:
        return sent_already(sent.link)
    after = Walk(draft, walk.devices)
    return redirect(after.address_after(asked, back_to_check=_wanted_back() == CHECK), code=303)


def _question_page(walk: Walk, asked: Page, form, status: int = 200) -> Response:
    step, of = walk.place_of(asked)
    return page(
        f"owner/link_{asked.name.lower()}.html",
        status=status, walk=walk, form=form, errors=form.mistakes if status == 422 else {}, step=step, of=of,
        back=address_of(Page.CHECK) if _wanted_back() else walk.address_before(asked),
        action=address_of(asked, back=_wanted_back()),
        so_far=walk.so_far,
        so_far_address=walk.so_far_address(asked),
    )  # fmt: skip


@bp.post("/links/new/<page>/so-far")
def link_so_far(page: str) -> Response:
    """Show what the answer being chosen would lead to; nothing is kept (rule L4a)."""
    if page not in FORMS or page == Page.DEVICE:
        abort(404)
    walk, asked = _walk(), Page(page)
    if isinstance(walk, Response):
        return go_to(url_for("owner.link_new")) if walk.status_code == 409 else walk
    if not walk.may_show(asked):
        abort(404)
    return _so_far(walk, asked)


def _so_far(walk: Walk, asked: Page) -> Response:
    form = FORMS[asked]()
    form.prepare(walk)
    rest = {name: given for name, given in walk.answers.items() if name != asked}
    chosen = {**rest, asked: form.given(walk)} if form.validate() else rest
    return page("report/so_far.html", so_far=walk.so_far_with(chosen))


@bp.get("/links/new/check")
def link_check() -> Response:
    """Show the expected answer and all that was said; each can be changed (rule L4a)."""
    walk = _walk()
    if isinstance(walk, Response):
        return walk
    if not walk.may_show(Page.CHECK):
        return redirect(walk.resume_address, code=303)
    step, of = walk.place_of(Page.CHECK)
    return page(
        "owner/link_check.html",
        walk=walk, so_far=walk.so_far, step=step, of=of, back=walk.address_before(Page.CHECK),
    )  # fmt: skip


@bp.route("/links/new/send", methods=["GET", "POST"])
def link_send() -> Response:
    """Show what must be known before, then send the request (rules L2, L7, L8)."""
    walk = _walk()
    if isinstance(walk, Response):
        return walk
    if not walk.may_show(Page.SEND):
        return redirect(walk.resume_address, code=303)
    missing = [kind for kind in walk.terms if kind not in request.form.getlist("accepted")]
    if request.method != "POST" or missing:
        return _send_page(walk, mistaken=request.method == "POST")
    try:
        link = link_requests.send(
            walk.draft, walk.device, by=current_user._get_current_object(), now=walk.now,
            consents=wordings.accept(walk.terms, operator(), walk.now),
        )  # fmt: skip
    except RequestSent as sent:
        return sent_already(sent.link)
    except LinkAlreadyOpen:
        opened = link_steps.open_now(walk.device, now=clock.now())
        return already_open(opened) if opened else go_to(address_of(Page.SEND))
    flash(_("Ihre Anfrage ist bei uns."))
    return go_to(url_for("owner.link", link=link.id))


def _send_page(walk: Walk, *, mistaken: bool) -> Response:
    step, of = walk.place_of(Page.SEND)
    return page(
        "owner/link_send.html",
        status=422 if mistaken else 200,
        errors={"accepted": _("Bitte bestätigen Sie jeden Punkt.")} if mistaken else {},
        walk=walk, so_far=walk.so_far, step=step, of=of, back=address_of(Page.CHECK),
        terms=[(kind, wordings.text_of(kind, operator())) for kind in walk.terms],
        accepted=request.form.getlist("accepted"),
    )  # fmt: skip
