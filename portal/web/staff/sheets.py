"""The sheet beside a list or a case: what is to be decided, the facts for it, and the steps there are.

One class feeds the pane at the desk, the page of a case and the page of a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions.links import suggested_mode
from portal.models import Case, Message, SubstituteLink, desk
from portal.models.workshop import obstacles_of
from portal.rules import links as link_rules
from portal.rules import workflow
from portal.rules.links import Answer, LinkState, Mode, Reason
from portal.rules.triage import Outcome
from portal.rules.workflow import Role, State
from portal.rules.workshop import Obstacle
from portal.web import labels
from portal.web.forms import Form
from portal.web.staff import facts, link_deeds, places, words
from portal.web.staff.forms import Ask, GrantForm, grant_form, has_back_end
from portal.web.staff.link_deeds import Deed, Waiting
from portal.web.staff.next_steps import ASKS, BEFORE_REPAIR, StepView, steps_of
from portal.web.staff.places import Place


@dataclass
class Sheet:
    """All that one decision needs on the screen."""

    case: Case | None
    link: SubstituteLink | None
    at: str = ""  # the list it is shown beside; empty on its own page
    said: Message | None = None
    steps: list[StepView] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    obstacles: tuple[Obstacle, ...] = ()  # what keeps the repair from beginning (W0–W4)
    grant: GrantForm | None = None
    deeds: list[Deed] = field(default_factory=list)
    waiting: Waiting | None = None  # what the till's confirmation is waited for
    form: Form | None = None  # the one that came back with mistakes
    failed: str = ""  # the step it belongs to
    notice: str = ""
    kept: list[str] = field(default_factory=list)  # what was typed for a step that was not taken
    done: str = ""  # what was just done, where the sheet stays on the screen

    @property
    def errors(self) -> dict[str, str]:
        """Return the messages of the form that came back."""
        return self.form.mistakes if self.form else {}

    @property
    def title(self) -> str:
        """Return what is to be decided, as a question where there is one."""
        if self.link and (title := _link_title(self.link)):
            return title
        if self.case is None:
            return _("Ersatzlink")
        return str(_TITLES.get(State(self.case.state), "")) or labels.label(self.case.state)

    def value(self, name: str) -> Any:
        """Return what was typed into a field of the form that came back."""
        return self.form.value(name) if self.form and name in self.form else ""

    @property
    def mode(self) -> Mode | None:
        """Return the kind of link that the facts lead to."""
        return suggested_mode(self.link) if self.link else None

    @property
    def refusal_expected(self) -> bool:
        """Tell whether refusing is what the facts lead to (L4a: no backup, no link)."""
        return bool(self.link and self.mode is None and self.link.expected == Answer.NONE)

    @property
    def is_third_party(self) -> bool:
        """Tell whether the server is not the vendor's own (rule L12)."""
        return bool(self.link and Reason.THIRD_PARTY_SERVER in self.link.reasons)

    @property
    def with_back_end(self) -> bool:
        """Tell whether a back end makes the till, so that no address is needed."""
        return has_back_end()

    @property
    def link_title(self) -> str:
        """Return how the link is called above its facts, where the case has the title."""
        return _("Ersatzlink") if self.link and not _link_title(self.link) else ""

    @property
    def next_place(self) -> Place | None:
        """Return the page on which the case's next step is done, if it is not a button."""
        return next((place for place in self.places if place.is_expected), None)

    @property
    def other_places(self) -> list[Place]:
        """Return the case's other work pages."""
        return [place for place in self.places if not place.is_expected]

    @property
    def missing(self) -> list[str]:
        """Return what the repair still waits for, in words."""
        return [str(words.OBSTACLES[obstacle]) for obstacle in self.obstacles]

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is to be decided here now."""
        return not (self.deeds or self.steps or self.grant or self.next_place or self.said)

    @property
    def has_case_part(self) -> bool:
        """Tell whether there is anything to say or do about the case itself."""
        about = self.steps or self.next_place or self.said or self.holds or self.is_remote or self.obstacles
        return bool(about or self.at or self.is_idle)

    def leave_out(self, endpoint: str) -> None:
        """Offer no way to the page that is shown already."""
        self.places = [place for place in self.places if place.endpoint != endpoint]

    @property
    def link_steps(self) -> list[str]:
        """Name what staff may do with the link now."""
        return link_rules.link_steps_for(self.link.state, Role.STAFF) if self.link else []

    @property
    def link_facts(self) -> facts.Rows:
        """Return the facts of the link: those to decide by, or how it stands."""
        if self.link is None:
            return []
        return (
            facts.of_request(self.link)
            if self.link.state == LinkState.REQUESTED
            else facts.of_link(self.link)
        )

    @property
    def case_facts(self) -> facts.Rows:
        """Return the few facts of the case that a decision at the desk needs."""
        return facts.in_short(self.case) if self.case else []

    @property
    def link_reasons(self) -> list[str]:
        """Return why the expected answer is what it is (L4a)."""
        return [str(words.REASONS[Reason(reason)]) for reason in self.link.reasons] if self.link else []

    @property
    def holds(self) -> list[str]:
        """Return why the report waits for staff (S1)."""
        return words.holds_of(self.case) if self.case and self.case.state == State.SUBMITTED else []

    @property
    def is_remote(self) -> bool:
        """Tell whether the rules of a live session must be shown (T7, T8)."""
        open_remote = (Outcome.REMOTE_SESSION, Outcome.CHARGEABLE_SERVICE)
        return bool(self.case and self.case.outcome in open_remote and self.case.state not in workflow.CLOSED)

    @property
    def asks(self) -> Mapping[str, Ask]:
        """Return what each step asks for."""
        return ASKS

    def link_address(self, step: str) -> str:
        """Return where a step of the link is posted to."""
        return url_for("staff.link_step", link=self.link.id, step=step) if self.link else ""


_TITLES = {
    State.SUBMITTED: _l("Meldung prüfen"),
    State.AWAITING_INFORMATION: _l("Wartet auf die Antwort des Salons"),
    State.AWAITING_SHIPMENT: _l("Wartet auf das Paket"),
    State.ON_ITS_WAY_TO_US: _l("Paket ist unterwegs zu uns"),
}


_LINK_TITLES = {
    "confirm_till": _l("Beim Anbieter nachsehen"),
    "read_out": _l("Datenbank auslesen"),
    "load": _l("Daten auf den Link laden"),
}


def _link_title(link: SubstituteLink) -> str:
    """Return what is to be decided about the link, or nothing if it asks for nothing."""
    if link.state == LinkState.REQUESTED:
        return _("Ersatzlink freigeben?")
    if link.state == LinkState.GRANTED:
        return _("Kasse wird eingerichtet")
    return str(_LINK_TITLES.get(link_deeds.expected_step(link), ""))


def of_case(
    case: Case, link: SubstituteLink | None = None, at: str = "", said: Message | None = None
) -> Sheet:
    """Return the sheet of a case and its open link, if it has one."""
    obstacles = obstacles_of(case) if case.state in BEFORE_REPAIR else ()
    sheet = Sheet(case, link, at=at, said=said, steps=steps_of(case, obstacles), obstacles=obstacles)
    sheet.places = places.of_case(case, obstacles)
    if said is None and (case.answered_at or case.state == State.AWAITING_INFORMATION):
        sheet.said = desk.last_words([case]).get(case.id)
    return _ready(sheet)


def of_link(link: SubstituteLink, at: str = "") -> Sheet:
    """Return the sheet of a link without a case, or of one that is looked at by itself."""
    return _ready(Sheet(None, link, at=at))


def _ready(sheet: Sheet) -> Sheet:
    if sheet.link is None:
        return sheet
    if sheet.case is not None and sheet.link.case_id == sheet.case.id:
        sheet.link.case = sheet.case  # known already: the link need not ask for it
    if "grant" in sheet.link_steps:
        sheet.grant = grant_form(sheet.link)
    sheet.deeds = link_deeds.offered(sheet.link)
    sheet.waiting = link_deeds.waiting(sheet.link)
    return sheet
