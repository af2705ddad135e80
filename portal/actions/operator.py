"""Change the operator record: name, address, texts, fees and limits (section Operator, rules C0, C2b, P4)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from peewee import DateField, Field, IntegerField

from portal.models import Account, History, Operator
from portal.models.base import transaction
from portal.rules.quotes import MOST_DAYS

LARGEST = 10_000_000  # cents, and more than any number of days
LIMITS = {"release_days": (1, LARGEST), "quote_days": (1, MOST_DAYS), "vat_percent": (0, 100)}
"""What numbers a field takes, where it is not any from 0 on (rules C2b, W3)."""


class OperatorUnfit(ValueError):
    """A value the operator record cannot take; `name` tells which."""

    def __init__(self, name: str, why: str) -> None:
        """Keep the name of the field."""
        super().__init__(f"{name}: {why}")
        self.name = name


def change(values: Mapping[str, str], *, by: Account | None, now: datetime) -> Operator:
    """Set fields of the record from text, all or none; what was set stands in the history.

    Days are written 2026-11-22; an empty text clears what may be empty, so a fee without an
    amount is no fee (P4). Raises OperatorUnfit for an unknown field or a value that does not fit.
    """
    operator = Operator.current()
    for name, text in values.items():
        setattr(operator, name, _value(name, text.strip()))
    with transaction():
        operator.save(force_insert=operator.id is None)
        History.create(at=now, account=by, what="change_operator", facts=dict(values))
    return Operator.current()


def _value(name: str, text: str) -> Any:
    field = Operator._meta.fields.get(name)
    if field is None or name == "id":
        raise OperatorUnfit(name, "there is no such field")
    if not text:
        return _nothing(name, field)
    try:
        if isinstance(field, DateField):
            return date.fromisoformat(text)
        if isinstance(field, IntegerField):
            least, most = LIMITS.get(name, (0, LARGEST))
            return _number(text, least=least, most=most)
    except ValueError as error:
        raise OperatorUnfit(name, str(error)) from error
    longest = getattr(field, "max_length", None)
    if longest and len(text) > longest:
        raise OperatorUnfit(name, f"at most {longest} characters")
    return text


def _nothing(name: str, field: Field) -> str | None:
    if field.null:
        return None
    if field.default == "":
        return ""
    raise OperatorUnfit(name, "must not be empty")


def _number(text: str, *, least: int, most: int) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError(f"{least} to {most}")
    return number
