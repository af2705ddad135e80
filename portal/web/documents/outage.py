"""The outage record (Ausfallprotokoll): what failed, what was done, what was used instead (rules O1, O3).

Facts only, from the history, which nobody edits; lines of the owner's own stand apart and are marked so.
"""

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.models import Case, Customer, History, OutageLine, ParcelItem, Salon, SubstituteLink, Swap
from portal.rules import numbers
from portal.rules.links import LinkReason, LinkState
from portal.rules.triage import Topic
from portal.rules.workflow import CLOSED, State
from portal.web import documents, labels
from portal.web.context import operator
from portal.web.documents import outage_words, serials
from portal.web.documents.outage_words import Measure, Substitute


@dataclass(frozen=True)
class OwnLine:
    """A line that the salon added; `id` is for the page, where it can be withdrawn."""

    id: int
    at: str
    text: str
    entered: str


@dataclass(frozen=True)
class OutageRecord:
    """What the outage record says, in the words that it says it in."""

    language: str
    name: str  # the case number as it is read out, or which link it is about
    stand: str
    brand: str
    company: str
    site: str
    device: str
    tse: str
    began: str
    noticed_by: str
    kind: str
    reason: str
    finding: str
    measures: tuple[Measure, ...]
    substitutes: tuple[Substitute, ...]
    end: str
    is_over: bool
    own_lines: tuple[OwnLine, ...]


@dataclass(frozen=True)
class Known:
    """What is stored about an outage, read once."""

    rows: list[History]
    links: list[SubstituteLink]
    lines: list[OutageLine]
    items: list[ParcelItem] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)

    @classmethod
    def of_case(cls, case: Case) -> "Known":
        """Read what is known of a case; its links' history may have begun before there was a case."""
        links = list(SubstituteLink.of_cases([case]))
        rows = {row.id: row for row in History.of_case(case)}
        for link in links:
            rows.update({row.id: row for row in History.of_link(link)})
        return cls(
            sorted(rows.values(), key=lambda row: row.id),
            links,
            list(OutageLine.of(case)),
            list(ParcelItem.of_case(case)),
            list(Swap.of_case(case)),
        )

    @classmethod
    def of_link(cls, link: SubstituteLink) -> "Known":
        """Read what is known of a link without a case."""
        return cls(list(History.of_link(link)), [link], list(OutageLine.of(link)))


def made(subject: Case | SubstituteLink) -> bytes:
    """Return the record of a case, or of a link without one, as PDF in the owner's language."""
    spoken = subject.language if isinstance(subject, Case) else _language_of(subject)
    with force_locale(spoken):
        return printed(of(subject))


def _language_of(link: SubstituteLink) -> str:
    return link.requester.language if link.requester_id else "de"


def printed(record: OutageRecord) -> bytes:
    """Return what the record says as PDF."""
    return documents.printed("outage_record.html", paper=record)


def of(subject: Case | SubstituteLink) -> OutageRecord:
    """Return what the record says as things stand (rules O1, O3)."""
    if isinstance(subject, Case):
        return of_case(subject, Known.of_case(subject))
    return of_link(subject, Known.of_link(subject))


def of_case(case: Case, known: Known) -> OutageRecord:
    """Return what the record of a case says."""
    said_by = case.reporter.name if case.reporter_id else case.contact_name
    return OutageRecord(
        **_common(known),
        name=numbers.group(case.number),
        company=company_of(case),
        site=site_of(case),
        device=serials.server(case.device if case.device_id else None, known.swaps),
        tse=serials.tse(case.device if case.device_id else None, known.items, known.swaps),
        began=_began(case),
        noticed_by=said_by or case.contact_name,
        kind=_kind_of_case(case),
        reason=_reason(case),
        finding=case.diagnosis,
        end=_end_of_case(case),
        is_over=case.state in CLOSED,
    )


def of_link(link: SubstituteLink, known: Known) -> OutageRecord:
    """Return what the record of a link without a case says."""
    began = link.last_online_at
    return OutageRecord(
        **_common(known),
        name=_("Ersatzlink %(number)s", number=link.id),
        company=_company(link.customer),
        site=_site(link.device.salon),
        device=serials.server(link.device, ()),
        tse=serials.tse(link.device, (), ()),
        began=_told(began) if began else _reported(link.requested_at),
        noticed_by=link.requester.name if link.requester_id else "",
        kind=_kind_of_link(link),
        reason=link.reason_text or labels.label(link.reason),
        finding="",
        end=_end_of_link(link),
        is_over=link.state in (LinkState.ENDED, LinkState.REFUSED),
    )


def _common(known: Known) -> dict[str, object]:
    measures = outage_words.measures(known.rows, known.links, known.swaps)
    own = [moment for line in known.lines for moment in (line.at, line.withdrawn_at)]
    last = documents.latest([*own, *(told for told, _measure in measures)])
    return {
        "language": documents.language(),
        "brand": operator().brand,
        "stand": documents.stamp(last),
        "measures": tuple(measure for _told, measure in measures),
        "substitutes": tuple(outage_words.substitutes(known.rows, known.links)),
        "own_lines": tuple(_own(line) for line in known.lines if line.withdrawn_at is None),
    }


def _own(line: OutageLine) -> OwnLine:
    entered = documents.stamp(line.at)
    if line.account_id:
        entered = _("%(when)s von %(who)s", when=entered, who=line.account.name)
    return OwnLine(line.id, documents.stamp(line.happened_at), line.text, entered)


def company_of(case: Case) -> str:
    """Return whose case it is; before staff have found out, whom its report names."""
    return _company(case.customer) if case.customer_id else case.return_name


def site_of(case: Case) -> str:
    """Return where the server stands; where no salon is known, where it goes back to."""
    return _site(case.salon) if case.salon_id else "\n".join(documents.sender_lines(case))


def _company(customer: Customer) -> str:
    return customer.name + "\n" + _("Kundennummer %(number)s", number=customer.number)


def _site(salon: Salon) -> str:
    abroad = documents.country(salon.country) if salon.country != operator().country else ""
    place = f"{salon.postal_code} {salon.city}"
    return "\n".join(documents.filled(salon.name, salon.street, place, abroad))


def _began(case: Case) -> str:
    """Return since when it lasts, and on whose word that rests."""
    if case.last_online_at:
        return _told(case.last_online_at)
    if case.fault_since:
        day = labels.day(case.fault_since, weekday=False)
        return _("%(when)s (Angabe des Salons)", when=day)
    return _reported(case.reported_at)


def _told(moment: datetime) -> str:
    when = documents.stamp(moment)
    return _("%(when)s (Server zuletzt online, Angabe des Salons)", when=when)


def _reported(moment: datetime) -> str:
    return _("%(when)s (Zeit der Meldung)", when=documents.stamp(moment))


def _kind_of_case(case: Case) -> str:
    if case.topic is not Topic.SERVER:
        return _("Störung: %(topic)s", topic=labels.label(case.topic))
    return _with_tse(_("Kassenserver ausgefallen"), case.device.tse_in_server if case.device_id else None)


def _kind_of_link(link: SubstituteLink) -> str:
    if link.reason is LinkReason.DEFECT:
        return _with_tse(_("Kassenserver ausgefallen"), link.device.tse_in_server)
    away = _("Kassenserver nicht in Betrieb: %(reason)s", reason=labels.label(link.reason))
    return _with_tse(away, link.device.tse_in_server)


def _with_tse(kind: str, tse_in_server: bool | None) -> str:
    if not tse_in_server:
        return kind
    return kind + "\n" + _("TSE außer Betrieb: Sie steckt als USB-Stick im Kassenserver.")


def _reason(case: Case) -> str:
    shown = _("Auf dem Bildschirm: %(text)s", text=case.on_screen) if case.on_screen else ""
    return "\n".join(documents.filled(case.fault, shown)) or labels.label(case.topic)


def _end_of_case(case: Case) -> str:
    if case.state not in CLOSED:
        return ""
    return f"{documents.stamp(case.state_since)}, {ENDS[State(case.state)]()}"


def _end_of_link(link: SubstituteLink) -> str:
    until = outage_words.ended_at(link)
    if until is None:
        return ""
    if link.activated_at is None:
        return _("%(when)s, Anfrage des Ersatzlinks beendet", when=documents.stamp(until))
    return _("%(when)s, Ersatzlink beendet", when=documents.stamp(until))


ENDS = {
    State.COMMISSIONED: lambda: _("Kassenserver in Betrieb genommen"),
    State.SOLVED_REMOTELY: lambda: _("ohne Einsendung gelöst"),
    State.CANCELLED: lambda: _("Vorgang abgebrochen"),
    State.DECLINED: lambda: _("Meldung abgelehnt"),
}
