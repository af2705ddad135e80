"""The demo's owner who registered and waits for staff: the number is right and proves nothing (ADR 020)."""

from datetime import datetime

from portal.actions import registrations


def make(*, now: datetime) -> None:
    """Register with the number of the demo's second customer, from an address that nobody knows."""
    registrations.ask(
        "jonas@kosmetik-am-markt.example",
        "Jonas Weber",
        customer_number="10002",
        business="Kosmetik am Markt",
        phone="+4922024711",
        language="de",
        address="",
        now=now,
    )
    registrations.look_up_asked(now=now)
