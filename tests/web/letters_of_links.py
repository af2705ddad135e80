"""How each letter about a substitute link comes about; `tests.web.test_letters` reads them all (rule S4)."""

from datetime import timedelta

from portal.actions import cases, links, readouts, warnings
from portal.models import SubstituteLink
from portal.rules.links import Mode
from tests.builders import NOW, a_case, a_link_request, a_staff_member, an_active_link

REASON = "Weil die Platine <verbrannt> ist & riecht."


def _link_requested() -> None:
    a_link_request()


def _link_granted() -> None:
    an_active_link()


def _link_refused() -> None:
    links.refuse(a_link_request(), REASON, by=a_staff_member(), now=NOW)


def _link_ended() -> None:
    links.delete(an_active_link(), REASON, by=a_staff_member(), now=NOW + timedelta(days=1))


def a_link_with_its_server_here() -> SubstituteLink:
    """Make a view-only link whose server has arrived: its data can be read out (rule L6)."""
    case = cases.receive(a_case(), by=a_staff_member(), now=NOW)
    asked = a_link_request(case=case, entered_since=True)
    return an_active_link(link=asked, mode=Mode.VIEW_ONLY)


def _link_locked() -> None:
    readouts.lock(an_active_link(), REASON, by=a_staff_member(), now=NOW)


def _read_out_failed() -> None:
    readouts.fail_read_out(a_link_with_its_server_here(), REASON, by=a_staff_member(), now=NOW)


def _link_unlocked() -> None:
    staff = a_staff_member()
    link = readouts.read_out(a_link_with_its_server_here(), by=staff, now=NOW)
    readouts.load(link, by=staff, now=NOW, till_unlocked=True)


def _ends_soon() -> None:
    link = a_link_with_its_server_here()
    warnings.warn(link, now=link.ends_at - timedelta(days=3))


EVENTS = {
    "link_requested": _link_requested,
    "link_granted": _link_granted,
    "link_refused": _link_refused,
    "link_ended": _link_ended,
    "link_locked": _link_locked,
    "link_read_out_failed": _read_out_failed,
    "link_unlocked": _link_unlocked,
    "link_ends_soon": _ends_soon,
    "staff_link_ends_soon": _ends_soon,
}
WITH_REASON = ("link_refused", "link_ended", "link_locked", "link_read_out_failed")
