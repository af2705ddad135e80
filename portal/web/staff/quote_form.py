"""What staff type into a quote: as many positions as they need, and nothing typed is ever lost (rule W3).

Rows are added and removed by buttons of the same form, so it works without JavaScript.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.actions import offers
from portal.models import Operator, Quote
from portal.rules import quotes as rules
from portal.rules.quotes import (
    LARGEST,
    LONGEST_TEXT,
    MAX_POSITIONS,
    MAX_QUANTITY,
    MOST_DAYS,
    Offer,
    Position,
    Unfit,
)
from portal.web import amounts
from portal.web.forms import clean, seen

LONGEST_INTRODUCTION = 4000
FIRST_ROWS = 2
ABOUT_ALL: Mapping[Unfit, tuple[str, Any]] = {
    Unfit.EMPTY: ("text_1", _l("Bitte schreiben Sie mindestens eine Position.")),
    Unfit.NEGATIVE: ("amount_1", _l("Zusammen sind die Positionen weniger als 0 €.")),
    Unfit.AMOUNT: ("amount_1", _l("Zusammen ist das mehr, als ein Kostenvoranschlag fasst.")),
}
"""What is wrong with the whole, and the field where it is said."""


@dataclass
class Row:
    """One position as it was typed."""

    text: str = ""
    quantity: str = "1"
    amount: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was typed: the row does not count then."""
        return not (self.text or self.amount)


@dataclass
class QuoteForm:
    """The whole quote as it was typed, with the messages at its fields."""

    rows: list[Row]
    introduction: str = ""
    vat: str = ""
    days: str = ""
    mistakes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def fresh(cls, vendor: Operator) -> "QuoteForm":
        """Return an empty form with what the operator has set."""
        rows = [Row() for _row in range(FIRST_ROWS)]
        return cls(rows, vat=str(vendor.vat_percent), days=str(vendor.quote_days))

    @classmethod
    def of_quote(cls, quote: Quote) -> "QuoteForm":
        """Return a form that holds a quote, to go on with it."""
        rows = [
            Row(one.text, str(one.quantity), amounts.typed(one.net_cents))
            for one in offers.offer_of(quote).positions
        ]
        return cls(rows, quote.introduction, str(quote.vat_percent), str(quote.days))

    @classmethod
    def typed(cls, given: Mapping[str, str]) -> "QuoteForm":
        """Return what came back from the page."""
        return cls(
            list(_rows(given)),
            seen(clean(given.get("introduction", ""))),
            _line(given.get("vat", "")),
            _line(given.get("days", "")),
        )

    def press(self, pressed: str) -> bool:
        """Add or remove a row; False for any other button."""
        if pressed == "more":
            if len(self.rows) < MAX_POSITIONS:
                self.rows.append(Row())
            return True
        wanted = re.fullmatch(r"remove_(\d{1,2})", pressed, re.ASCII)
        if wanted and 1 <= int(wanted[1]) <= len(self.rows):
            del self.rows[int(wanted[1]) - 1]
            self.rows = self.rows or [Row()]
        return wanted is not None

    def offer(self) -> Offer | None:
        """Return the offer, or None with a message at each wrong field."""
        self.mistakes = {}
        vat = self._number("vat", self.vat, 0, 100, _("Umsatzsteuer: Bitte eine ganze Zahl von 0 bis 100."))
        days_wrong = _("Gültigkeit: Bitte 1 bis %(most)s Tage.", most=MOST_DAYS)
        days = self._number("days", self.days, 1, MOST_DAYS, days_wrong)
        if len(self.introduction) > LONGEST_INTRODUCTION:
            self._wrong("introduction", _too_long(LONGEST_INTRODUCTION))
        positions = [self._position(n, row) for n, row in enumerate(self.rows, start=1) if not row.is_empty]
        if self.mistakes or vat is None or days is None:
            return None
        found = Offer(tuple(one for one in positions if one), vat, days, self.introduction)
        return self._checked(found)

    def _checked(self, offer: Offer) -> Offer | None:
        try:
            rules.check(offer)
        except rules.OfferUnfit as problem:
            name, message = ABOUT_ALL[problem.why]
            self._wrong(name, message)
            return None
        return offer

    def _position(self, n: int, row: Row) -> Position | None:
        if not row.text:
            self._wrong(f"text_{n}", _("Position %(n)s: Bitte schreiben Sie, wofür der Betrag ist.", n=n))
        elif len(row.text) > LONGEST_TEXT:
            self._wrong(f"text_{n}", _too_long(LONGEST_TEXT))
        wrong = _("Position %(n)s: Bitte eine Menge von 1 bis %(most)s.", n=n, most=MAX_QUANTITY)
        quantity = self._number(f"quantity_{n}", row.quantity, 1, MAX_QUANTITY, wrong)
        cents = self._cents(n, row.amount)
        if cents is not None and quantity is not None and abs(cents * quantity) > LARGEST:
            self._wrong(f"amount_{n}", _("Position %(n)s: Der Betrag ist zu groß.", n=n))
        return None if self.mistakes else Position(row.text, quantity or 1, cents or 0)

    def _cents(self, n: int, text: str) -> int | None:
        cents = amounts.cents_of(text)
        if cents is None:
            self._wrong(f"amount_{n}", _("Position %(n)s: Bitte geben Sie den Betrag so an: 1.234,50", n=n))
        return cents

    def _number(self, name: str, text: str, least: int, most: int, wrong: str) -> int | None:
        if re.fullmatch(r"\d{1,4}", text, re.ASCII) and least <= int(text) <= most:
            return int(text)
        self._wrong(name, wrong)
        return None

    def _wrong(self, name: str, message: Any) -> None:
        self.mistakes.setdefault(name, str(message))


def _rows(given: Mapping[str, str]) -> Iterator[Row]:
    count = given.get("rows", "")
    most = min(int(count), MAX_POSITIONS) if re.fullmatch(r"\d{1,3}", count, re.ASCII) else 0
    for n in range(1, max(most, 1) + 1):
        yield Row(*(_line(given.get(f"{name}_{n}", "")) for name in ("text", "quantity", "amount")))


def _line(text: str) -> str:
    return seen(" ".join(clean(text).split()))


def _too_long(longest: int) -> str:
    return _("Das ist zu lang. Bitte höchstens %(longest)s Zeichen.", longest=longest)
