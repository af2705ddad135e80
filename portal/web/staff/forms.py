"""What staff fill in to decide: a reason, a parcel's number, the facts of a backup (rules L2, L5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from portal.models import SubstituteLink
from portal.outside import till
from portal.rules.carriers import Carrier
from portal.rules.links import MAX_DAYS, Mode, may_grant
from portal.web import amounts
from portal.web.forms import Accept, Choice, Form, Line, Moment, Paragraphs, Required

COMPLETE = {"yes": True, "no": False, "unknown": None}
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Ask:
    """A step's one text: the field's name, its label, and what to say when it is empty."""

    name: str
    label: Any
    hint: Any
    missing: Any


@dataclass(frozen=True)
class Tick:
    """A box of a step; without `missing` it may stay empty."""

    name: str
    label: Any
    missing: Any = ""


class Box(Accept):
    """A box that may stay empty."""

    def pre_validate(self, _form: Any) -> None:
        """Accept both."""


class AddressForm(Form):
    """Where a till that staff have made by hand is found."""

    till_address = Line(longest=500)

    def check_address(self, *, needed: bool = True) -> None:
        """Tidy the address, or leave a message at its field."""
        if not self.till_address.data:
            if needed:
                self.till_address.errors = [_l("Bitte geben Sie die Adresse der digitalen Kasse an.")]
            return
        try:
            self.till_address.data = till.clean_address(self.till_address.data)
            if not (current_app.config["PORTAL"].demo or self.till_address.data.startswith("https://")):
                raise ValueError("a till holds customers' data: TLS only")
        except ValueError:
            self.till_address.errors = [
                _l("Diese Adresse geht nicht. Sie beginnt mit https:// und enthält kein Passwort.")
            ]


def deed_form(ask: Ask | None, tick: Tick | None, with_address: bool) -> Form:
    """Return the form of a step with a link, as it came back; see `fits`."""
    fields: dict[str, Any] = {}
    if ask:
        fields[ask.name] = Paragraphs(validators=[Required(ask.missing)], longest=LONGEST_TEXT)
    if tick:
        fields[tick.name] = Accept(message=tick.missing) if tick.missing else Box()
    return type("DeedForm", (AddressForm if with_address else Form,), fields)()


def fits(form: Form) -> bool:
    """Check all that the step asks; messages stand at their fields."""
    form.validate()
    if isinstance(form, AddressForm):
        form.check_address()
    return not any(field.errors for field in form)


def has_back_end() -> bool:
    """Tell whether a back end makes the tills; without one staff make them by hand."""
    return bool(current_app.config["PORTAL"].till)


def text_form(name: str, missing: Any, **given: Any) -> Form:
    """Return a form of one text; without `formdata=None` it reads the request."""
    field = Paragraphs(validators=[Required(missing)], longest=LONGEST_TEXT)
    return type("TextForm", (Form,), {name: field})(**given)


class Euros(Line):
    """An amount of money in euros; `data` becomes cents, or None where nothing was typed."""

    def __init__(self, label="", validators=None, *, missing="", **kwargs) -> None:
        """Keep what to say when it is empty; without it, it may be."""
        super().__init__(label, validators, longest=20, **kwargs)
        self.missing = missing

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no amount, or less than nothing."""
        super().pre_validate(form)
        if not self.data and self.missing:
            raise StopValidation(self.missing)
        found = amounts.cents_of(self.data) if self.data else None
        if self.data and (found is None or found < 0):
            raise StopValidation(_l("Das ist kein Betrag. Bitte so: 119,00"))
        self.data = found


class AmountForm(Form):
    """What a chargeable repair came to (rule P4)."""

    final_amount = Euros(missing=_l("Bitte geben Sie den Endbetrag an."))


class TrackingForm(Form):
    """Carrier and number of a parcel; the number may be added later."""

    carrier = Choice(options=Carrier, message=_l("Bitte wählen Sie den Paketdienst."))
    tracking_number = Line(longest=60)


class FactsForm(Form):
    """What staff found out about the backup, on the record with a reason (rules B2, L5)."""

    backup = Moment()
    complete = Choice(options=COMPLETE)
    link_reason = Line(longest=300)

    def is_complete(self) -> bool | None:
        """Return whether all data is in the backup; None is not known."""
        return COMPLETE.get(self.complete.data)

    def changes(self, link: SubstituteLink) -> bool:
        """Tell whether these are other facts than the link has; an estimate left alone is no fact."""
        if self.is_complete() is not link.complete:
            return True
        shown = link.facts_backup_at
        return _minute(self.backup.data) != _minute(shown)

    def fits(self, link: SubstituteLink, now: datetime) -> bool:
        """Check the facts; messages stand at their fields."""
        self.backup.latest = now
        if not self.validate():
            return False
        if self.is_complete() and self.backup.data is None:
            self.backup.errors = [_l("Bitte geben Sie an, von wann die geprüfte Sicherung ist.")]
        if self.changes(link) and not self.link_reason.data:
            self.link_reason.errors = [_l("Bitte begründen Sie die Angaben zur Sicherung.")]
        return not self.mistakes_now()

    def mistakes_now(self) -> bool:
        """Tell whether any field has a message."""
        return any(field.errors for field in self)


class GrantForm(FactsForm, AddressForm):
    """All that a link needs: the facts, for how long, and where it leads unless a back end says so."""

    days = Line(longest=10)

    def fits_mode(self, link: SubstituteLink, mode: Mode, now: datetime) -> bool:
        """Check everything for this kind of link; full only with all data (rule L5)."""
        self.fits(link, now)
        self.check_address(needed=not has_back_end())
        if not (
            self.days.data.isascii() and self.days.data.isdigit() and 1 <= int(self.days.data) <= MAX_DAYS
        ):
            self.days.errors = [_l("Bitte geben Sie 1 bis 30 Tage an.")]
        if not may_grant(mode, self.is_complete()) and not self.complete.errors:
            self.refuse_full()
        return not self.mistakes_now()

    def refuse_full(self) -> None:
        """Say why a full link is not to be had with these facts (rule L5)."""
        self.complete.errors = [
            _l("Ein voller Link geht nur, wenn alle Daten in der Sicherung sind. Prüfen Sie sie "
               "und wählen Sie „ja“, oder geben Sie den Link nur zum Ansehen.")
        ]  # fmt: skip


def grant_form(link: SubstituteLink, **given: Any) -> GrantForm:
    """Return the form as it is shown first: estimate and what staff know already filled in."""
    known = {True: "yes", False: "no", None: "unknown"}[link.complete]
    data = {
        "backup": link.facts_backup_at,
        "complete": known,
        "link_reason": link.corrected_why,  # nothing is suggested: it goes on record as somebody's word (L5)
        "days": str(MAX_DAYS),
    }
    return GrantForm(formdata=None, data=data, **given)


def _minute(moment: datetime | None) -> datetime | None:
    return moment.replace(second=0, microsecond=0) if moment else None
