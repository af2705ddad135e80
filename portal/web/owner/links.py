"""One substitute link: state, countdown, withdrawal (rules L2, L3, L9)."""

from datetime import datetime
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import links as deeds
from portal.actions.link_steps import LinkMoved
from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.links import link_steps_for
from portal.rules.workflow import Role, StepRefused
from portal.web.fragments import go_to, page
from portal.web.owner import bp, watching
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
    tag = watching.tag_of(None, found, now)
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


def may_withdraw(link: SubstituteLink, now: datetime) -> bool:
    """Tell whether there is anything left to end; past its end a link is over (rule L9)."""
    return not link.is_over(now) and "withdraw" in link_steps_for(link.state, Role.OWNER)


def shown_link(link: SubstituteLink, *, status: int = 200, notice: Any = "") -> Response:
    """Render the page of a link as it stands now."""
    now = clock.now()
    tag = watching.tag_of(None, link, now)
    return page("owner/link.html", status=status, notice=notice, tag=tag, **_state_of(link, now))


def _state_of(link: SubstituteLink, now: datetime) -> dict[str, Any]:
    earlier = SubstituteLink.earlier_of(link).limit(EARLIER)
    return {
        "link": link,
        "door": door_of(link, now),
        "may_withdraw": may_withdraw(link, now),
        "earlier": [(old, door_of(old, now)) for old in earlier if old.customer_id == link.customer_id],
        "watch": watching.is_worth_watching(None, link),
    }


def _moved(number: int) -> Response:
    notice = _("Hier hat sich in der Zwischenzeit etwas geändert. Ihre Eingabe wurde nicht ausgeführt.")
    return shown_link(own_link(number), status=409, notice=notice)
