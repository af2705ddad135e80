"""Letters that could not be sent, and whether the worker is at work (rule S4)."""

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from playhouse.flask_utils import get_object_or_404

from portal.actions import letters as deeds
from portal.models import Letter, desk
from portal.models.counters import Round
from portal.outside import clock
from portal.web.fragments import go_to, page
from portal.web.staff import bp

EVENTS = {
    "submitted": _l("Meldung eingegangen"),
    "released": _l("Zum Einsenden freigegeben"),
    "question": _l("Rückfrage"),
    "declined": _l("Meldung abgelehnt"),
    "solved_remotely": _l("Ohne Einsendung gelöst"),
    "cancelled": _l("Vorgang abgebrochen"),
    "on_its_way_to_us": _l("Unterwegs zu uns"),
    "received": _l("Paket angekommen"),
    "link_requested": _l("Ersatzlink angefragt"),
    "link_granted": _l("Ersatzlink freigegeben"),
    "link_refused": _l("Ersatzlink abgelehnt"),
    "link_ended": _l("Ersatzlink beendet"),
    "link_ends_soon": _l("Ersatzlink endet bald"),
}


@bp.get("/letters")
def letters() -> Response:
    """List the letters that were given up, and say when the worker was last here."""
    return page(
        "staff/letters.html", letters=list(desk.given_up_letters()), events=EVENTS, last_round=Round.last_at()
    )


@bp.post("/letters/<id:letter>/again")
def letter_again(letter: int) -> Response:
    """Put a letter back into the outbox."""
    deeds.try_again(get_object_or_404(Letter, Letter.id == letter), now=clock.now())
    flash(_("Der Brief wird noch einmal verschickt."), "good")
    return go_to(url_for("staff.letters"))
