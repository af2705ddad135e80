"""Amounts of money as people type them: "1.234,50", "1234.5", "95", "95,-", "-10 €"."""

import re

_SIGN = r"(?P<sign>[-−–+])? ?"
_CENTS = r"(?P<cents>\d{1,2})"
_FORMS = tuple(
    re.compile(_SIGN + form, re.ASCII)
    for form in (
        rf"(?P<whole>\d+)(?:[.,](?:{_CENTS}|[-−–]{{1,2}})?)?",  # 1234 · 1234,5 · 1234.50 · 95,-
        rf"(?P<whole>[1-9]\d{{0,2}}(?:[.' ]\d{{3}})+)(?:,(?:{_CENTS}|[-−–]{{1,2}})?)?",  # 1.234,50 · 1.234
        rf"(?P<whole>[1-9]\d{{0,2}}(?:[,' ]\d{{3}})+)\.{_CENTS}",  # 1,234.50
    )
)
_CURRENCY = re.compile(r"^(?:€|eur(?:o)?)\s*|\s*(?:€|eur(?:o)?)$", re.IGNORECASE)
_LONGEST = 20


def cents_of(text: str) -> int | None:
    """Return the amount in cents, or None for what is none.

    A point or comma before three digits at the end is a thousands' point in German and no amount in cents:
    "1.234" is 1234 euros. "1,234" may be meant either way and is refused.
    """
    text = _CURRENCY.sub("", " ".join(text.split()))
    if len(text) > _LONGEST:
        return None
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    whole = int(re.sub(r"\D", "", found["whole"]))
    cents = whole * 100 + int((found["cents"] or "").ljust(2, "0"))
    return cents if found["sign"] in (None, "+") else -cents


def typed(cents: int) -> str:
    """Return an amount as one types it in German, to show it in a field: 1234,50."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"
