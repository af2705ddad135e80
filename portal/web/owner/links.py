"""One substitute link: state, countdown, a new address, withdrawal (rules L2, L3, L6, L9)."""

from datetime import datetime
from typing import Any

from flask import Response, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import doors
from portal.actions import links as deeds
from portal.actions.link_steps import LinkMoved
from portal.models import Case, History, Letter, SubstituteLink
from portal.outside import clock
from portal.rules.links import link_steps_for
from portal.rules.workflow import Role, StepRefused
from portal.web.fragments import go_to, page
from portal.web.owner import bp, link_way, sentences, watching
from portal.web.owner.doors import door_of

EARLIER = 10


def own_link(number: int) -> SubstituteLink:
    """Return the link if it belongs to the own business, else answer 404 (rule P1)."""
    return get_object_or_404(SubstituteLink.visible_to(current_user), SubstituteLink.id == number)


@bp.get("/links/<id:link>")
def link(link: int) -> Response:
    """Show where the link stands and what is possible with it now."""
    return shown_link(own_link(link))


@bp.get("/links/<id:link>/progress")
def link_progress(link: int) -> Response:
    """Answer the page's question whether something changed; two queries if nothing did."""
    now = clock.now()
    found = own_link(link)
    tag = watching.tag_of(_case_of(found), found, now)
    if watching.is_unchanged(tag):
        return watching.same(tag)
    return watching.changed("owner/link.html", "progress", tag, **_state_of(found, now))


@bp.route("/links/<id:link>/withdraw", methods=["GET", "POST"])
def link_withdraw(link: int) -> Response:
    """Ask whether the link is no longer needed, then end it for good (rule L3)."""
    found = own_link(link)
    now = clock.now()
    if not may_withdraw(found, now):
        return _moved(link)
    if request.method != "POST":
        return page("owner/withdraw.html", link=found, door=door_of(found, now))
    try:
        deeds.withdraw(found, by=current_user._get_current_object(), now=now)
    except (LinkMoved, StepRefused):
        return _moved(link)
    flash(_("Der Ersatzlink ist beendet."))
    return go_to(url_for("owner.link", link=link))


@bp.route("/links/<id:link>/renew", methods=["GET", "POST"])
def link_renew(link: int) -> Response:
    """Say what a new address means, then give the link one; the old one leads nowhere at once (rule L9)."""
    found = own_link(link)
    now = clock.now()
    if not may_renew(found, now):
        return _moved(link)
    if request.method != "POST":
        return page("owner/link_renew.html", link=found)
    if request.form.get("seen") != str(found.generation):  # pressed twice, or somebody was faster (rule S3)
        flash(_("Die Adresse war schon erneuert. Es gilt die Adresse auf dieser Seite."))
        return go_to(url_for("owner.link", link=link))
    try:
        doors.renew(
            found, secret=current_app.config["SECRET_KEY"], by=current_user._get_current_object(), now=now
        )
    except (LinkMoved, StepRefused):
        return _moved(link)
    flash(_("Die neue Adresse gilt ab sofort. Geben Sie sie jetzt Ihrem Team."))
    return go_to(url_for("owner.link", link=link, _anchor="address"))


def may_renew(link: SubstituteLink, now: datetime) -> bool:
    """Tell whether there is an address that could be renewed."""
    return link.is_open(now) and "renew" in link_steps_for(link.state, Role.OWNER)


def may_withdraw(link: SubstituteLink, now: datetime) -> bool:
    """Tell whether there is anything left to end; past its end a link is over (rule L9)."""
    return not link.is_over(now) and "withdraw" in link_steps_for(link.state, Role.OWNER)


def shown_link(link: SubstituteLink, *, status: int = 200, notice: Any = "") -> Response:
    """Render the page of a link as it stands now."""
    now = clock.now()
    tag = watching.tag_of(_case_of(link), link, now)
    return page(
        "owner/link.html",
        status=status,
        notice=notice,
        tag=tag,
        letter_waits=Letter.waiting_for(current_user, case=_case_of(link), link_id=link.id, now=now),
        **_state_of(link, now),
    )


def _state_of(link: SubstituteLink, now: datetime) -> dict[str, Any]:
    earlier = SubstituteLink.earlier_of(link).limit(EARLIER)
    history, case = list(History.of_link(link)), _case_of(link)
    door = door_of(link, now, history=history)
    assert door is not None
    return {
        "link": link,
        "door": door,
        "case_saying": sentences.standing(case, now, sentences.Beside(link)) if case else None,
        "turns": sentences.TURNS,
        "way": link_way.of(link, door, case, history),
        "warned": [row for row in history if row.what == "warn"],
        "may_withdraw": may_withdraw(link, now),
        "may_renew": may_renew(link, now),
        "earlier": [(old, door_of(old, now)) for old in earlier if old.customer_id == link.customer_id],
        "watch": watching.is_worth_watching(None, link),
    }


def _case_of(link: SubstituteLink) -> Case | None:
    return link.case if link.case_id else None


def _moved(number: int) -> Response:
    notice = _("Hier hat sich in der Zwischenzeit etwas geändert. Ihre Eingabe wurde nicht ausgeführt.")
    return shown_link(own_link(number), status=409, notice=notice)
