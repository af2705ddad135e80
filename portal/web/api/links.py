"""Links as machines see and move them (rules L6, L9)."""

from collections.abc import Callable

from flask import g

from portal.actions import back_end
from portal.actions.back_end import DoesNotFit, Implausible
from portal.actions.hooks import link_data
from portal.models import SubstituteLink
from portal.outside import clock
from portal.rules.keys import Scope
from portal.web.api import bp
from portal.web.api.bodies import (
    LOADED,
    READ_OUT,
    Link,
    Links,
    LinksQuery,
    Loaded,
    ReadOutDone,
    ReadOutFailed,
    tidy,
)
from portal.web.api.endpoint import endpoint, unfit
from portal.web.api.problems import Problem

IMPLAUSIBLE = {
    "in_the_future": "This instant lies in the future.",
    "before_activation": "This instant lies before the link's activation.",
    "before_read_out": "This instant lies before the read-out.",
}
IN_THE_WAY = {
    "link_ended": "The link has ended, for good.",
    "link_not_active": "The link is not active yet.",
    "no_receipt_lock": "The link has no receipt lock to be lifted.",
    "server_not_here": "The server of this link is not at the workshop.",
    "not_read_out": "The database has not been read out.",
    "already_read_out": "The read-out is recorded already, with another instant.",
    "already_loaded": "The loading is recorded already, with another instant.",
    "link_moved": "The link keeps changing; try again.",
}


@bp.get("/links")
@endpoint(Scope.LINKS_READ, answer=Links, query=LinksQuery)
def links(query: LinksQuery) -> Links:
    """List links.

    In the order of their ids, as they stand now. Meant for comparing your tills with the portal's links
    from time to time: a webhook can be missed.
    """
    found = back_end.links_now(after=query.after, state=query.state, limit=query.limit, now=clock.now())
    is_full = len(found) == query.limit
    return Links(links=[shown(one) for one in found], next=found[-1].id if is_full else None)


@bp.get("/links/<id:link>")
@endpoint(Scope.LINKS_READ, answer=Link, refusals=(404,))
def link(link: int) -> Link:
    """Read a link's state.

    As it stands now: past its end it is ended, to the second.
    """
    return shown(_found(link))


@bp.post("/links/<id:link>/read-out")
@endpoint(Scope.READ_OUTS_WRITE, answer=Link, body=READ_OUT, refusals=(404, 409))
def read_out(link: int, body: ReadOutDone | ReadOutFailed) -> Link:
    """Report that the server's database was read out, or cannot be.

    The link must have its receipt lock and the server must be at the workshop. The same report again
    changes nothing and is answered with the link as it then stands. A failed read-out is told to the
    salon; it may be followed by another one, failed or done.
    """
    _found(link)
    now, name = clock.now(), g.api_key.name
    if isinstance(body, ReadOutFailed):
        why = tidy(body.failed)
        return _moved(lambda: back_end.report_failed_read_out(link, why, now=now, api_key=name), "failed")
    at = body.read_out_at
    return _moved(lambda: back_end.report_read_out(link, at, now=now, api_key=name), "read_out_at")


@bp.post("/links/<id:link>/load")
@endpoint(Scope.READ_OUTS_WRITE, answer=Link, body=LOADED, refusals=(404, 409))
def load(link: int, body: Loaded) -> Link:
    """Report that the database that was read out is on the till.

    This lifts the receipt lock: the link becomes full, and the till is asked to unlock. The link's end
    stays where it is. The same report again changes nothing.
    """
    _found(link)
    now, name = clock.now(), g.api_key.name
    return _moved(lambda: back_end.report_loaded(link, body.loaded_at, now=now, api_key=name), "loaded_at")


def shown(found: SubstituteLink) -> Link:
    """Return what machines are told of a link."""
    return Link.model_validate(link_data(found))


def _found(link: int) -> SubstituteLink:
    found = back_end.link_now(link, now=clock.now())
    if found is None:
        raise Problem(404, "There is no link with this id.", code="link_unknown")
    return found


def _moved(deed: Callable[[], SubstituteLink], where: str) -> Link:
    try:
        return shown(deed())
    except Implausible as error:
        raise unfit(where, error.why, IMPLAUSIBLE[error.why]) from error
    except DoesNotFit as error:
        now = shown(error.link).model_dump(mode="json")
        raise Problem(409, IN_THE_WAY[error.why], code=error.why, link=now) from error
