"""Change the operator record: name, address, texts, fees and limits (section Operator, rules C0, C2b, P4)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from peewee import DateField, Field, IntegerField, JSONField

from portal.actions import history, queue
from portal.models import Account, Logo, Operator
from portal.models.base import transaction
from portal.rules.parcel import MOST_DAYS as MOST_RELEASE_DAYS
from portal.rules.quotes import MOST_DAYS as MOST_QUOTE_DAYS
from portal.rules.reminders import MOST_OVERDUE_DAYS
from portal.rules.urgency import MOST_TARGET_DAYS, TARGET_DAYS
from portal.rules.workflow import State

LARGEST = 10_000_000  # cents
TARGETS = {f"target_{state}": state for state in TARGET_DAYS if state is not State.COMMISSIONING_BOOKED}
"""The fields for the target times (S6); a booked commissioning is late by its appointment, not by days."""

LIMITS = {
    "release_days": (1, MOST_RELEASE_DAYS),
    "overdue_days": (1, MOST_OVERDUE_DAYS),
    "quote_days": (1, MOST_QUOTE_DAYS),
    "vat_percent": (0, 100),
    **dict.fromkeys(TARGETS, (1, MOST_TARGET_DAYS)),
}
"""What numbers a field takes, where it is not an amount of money (rules C2b, W3, S5, S6)."""


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
        if name in TARGETS:
            days = _days(name, text.strip())
            operator.target_days = {**operator.target_days, TARGETS[name]: days}
        else:
            setattr(operator, name, _value(name, text.strip()))
    with transaction():
        operator.save(force_insert=operator.id is None)
        history.record(None, "change_operator", by=by, at=now, **values)
        _place_anew(values, now)
    return Operator.current()


def _place_anew(values: Mapping[str, str], now: datetime) -> None:
    states = {TARGETS[name] for name in values if name in TARGETS}
    if "overdue_days" in values:
        states.add(State.ON_ITS_WAY_TO_US)
    if states:
        queue.place_anew(states, now=now)


def set_logo(content: bytes, kind: str, digest: str, *, by: Account, now: datetime) -> None:
    """Show this logo from now on; `content` has been made harmless before (outside.logos)."""
    with transaction():
        if not Logo.get_or_none(Logo.digest == digest):
            Logo.create(digest=digest, content=content, kind=kind, at=now)
        _show(digest, by, now)


def remove_logo(*, by: Account, now: datetime) -> None:
    """Show the brand's name alone again."""
    with transaction():
        _show("", by, now)


def _show(digest: str, by: Account, now: datetime) -> None:
    operator = Operator.current()
    before, operator.logo = operator.logo, digest
    if before == digest:
        return
    operator.save(force_insert=operator.id is None)
    history.record(None, "change_logo", by=by, at=now, old=before, new=digest)
    Logo.delete().where(Logo.digest != digest).execute()


def _days(name: str, text: str) -> int:
    least, most = LIMITS[name]
    try:
        return _number(text, least=least, most=most)
    except ValueError as error:
        raise OperatorUnfit(name, str(error)) from error


def _value(name: str, text: str) -> Any:
    field = Operator._meta.fields.get(name)
    if field is None or name in ("id", "logo") or isinstance(field, JSONField):
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
