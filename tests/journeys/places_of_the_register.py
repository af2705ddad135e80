"""The register at the desk, lists that are taken over, and what people do with their own account."""

from collections.abc import Iterator
from datetime import datetime

from portal.actions import hooks, imports, keys
from portal.models import Account
from portal.rules.keys import Scope
from portal.rules.register import Column, Line, Problem, Wrong
from tests import builders
from tests.authenticator import a_passkey


def pages(now: datetime) -> Iterator[tuple[str, str, Account]]:
    """Make the rows, and return each page's name, its address and who looks at it."""
    staff, admin, owner = builders.a_staff_member(), builders.an_admin(), builders.an_owner()
    salon = builders.a_salon(owner.customer)
    device, customer = builders.a_device(salon), owner.customer.id
    for name, path in [
        ("customers", "/staff/customers"),
        ("customers-none", "/staff/customers?q=nirgends"),
        ("customer", f"/staff/customers/{customer}"),
        ("customer-new", "/staff/customers/new"),
        ("customer-edit", f"/staff/customers/{customer}/edit"),
        ("salon-new", f"/staff/customers/{customer}/salons/new"),
        ("salon-edit", f"/staff/salons/{salon.id}/edit"),
        ("device-new", f"/staff/salons/{salon.id}/devices/new"),
        ("device-edit", f"/staff/devices/{device.id}/edit"),
        ("imports", "/staff/imports"),
        ("import", f"/staff/imports/{_a_list(staff, now)}"),
        ("customers-export", "/staff/customers/export"),
        ("history", "/staff/history"),
        ("history-asked", f"/staff/history?customer={owner.customer.number}&since=2026-01-01"),
    ]:
        yield f"staff-{name}", path, staff
    yield from _of_admins(admin, now)
    for who, name in ((owner, "owner"), (staff, "staff")):
        yield f"{name}-account", "/account", who
        yield f"{name}-password", "/account/password", who
        key = a_passkey(who, now=now)
        yield f"{name}-passkey-new", "/account/passkeys/new", who
        yield f"{name}-passkey-name", f"/account/passkeys/{key.id}", who
        yield f"{name}-passkey-remove", f"/account/passkeys/{key.id}/remove", who


def _a_list(staff: Account, now: datetime) -> int:
    """Keep a list of two customers with a line that cannot be taken over."""
    lines = [
        Line(2, "K9001", "Haarwerk GmbH", "Haarwerk Süd", "Weg 1", "50667", "Köln", serial="KS-9001"),
        Line(3, "K9002", "Kosmetik am Markt", "Markt", "Markt 9", "53111", "Bonn"),
    ]
    wrong = [Problem(4, Column.PURCHASED_ON, Wrong.NO_DAY, "32.13.2023")]
    return imports.prepare(lines, wrong, file_name="kunden.csv", by=staff, now=now).id


def _of_admins(admin: Account, now: datetime) -> Iterator[tuple[str, str, Account]]:
    hook = hooks.make("https://hooks.example/portal", ("link", "case"), by=admin, now=now)
    keys.make("Kasse", [Scope.LINKS_READ], by=admin, now=now)
    for name, path in [
        ("team", "/staff/team"),
        ("history-of-all", "/staff/history"),
        ("history-export", "/staff/history/export?kind=sign_in"),
        ("operator", "/staff/operator"),
        ("interfaces", "/staff/interfaces"),
        ("interfaces-key", "/staff/interfaces/keys/new"),
        ("interfaces-new-hook", "/staff/interfaces/hooks/new"),
        ("interfaces-hook", f"/staff/interfaces/hooks/{hook.id}"),
    ]:
        yield f"staff-{name}", path, admin
