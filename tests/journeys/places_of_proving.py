"""Where people prove who they are a second time."""

from collections.abc import Iterator
from datetime import datetime

from portal.config import DEMO_SECRET
from portal.models import Account
from tests import builders
from tests.apps import an_app


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Return each page's name, its address and who looks at it: one of the staff who is in, an owner."""
    staff, owner = builders.a_staff_member(), builders.an_owner()
    an_app(staff, secret=DEMO_SECRET, now=now)
    for name, path in [
        ("confirm", "/account/confirm?next=/staff/team"),
        ("factor-set-up", "/second-factor/set-up"),
        ("factor-codes", "/second-factor/codes"),
        ("factor-remove", "/second-factor/remove"),
        ("factor-account", "/account"),
    ]:
        yield f"staff-{name}", path, staff
    yield "owner-confirm", "/account/confirm?next=/account", owner


def half(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Return the pages of staff on their way in: with an app, and with none yet."""
    known, fresh = builders.a_staff_member(), builders.a_staff_member()
    an_app(known, secret=DEMO_SECRET, now=now)
    yield "staff-half-code", "/second-factor?next=/staff/", known
    yield "staff-half-set-up", "/second-factor/set-up", fresh
