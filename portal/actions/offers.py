"""What a quote says, as plain data that is frozen when it is sent (rules W3, P4).

Page, preview and paper are made from it alone, so that all three say the same, and go on saying it.
"""

from datetime import datetime
from typing import Any

from portal.models import Case, Consent, Operator, Quote
from portal.rules import berlin
from portal.rules.quotes import Offer, Position, QuoteState
from portal.rules.quotes import valid_until as last_instant
from portal.rules.report import ConsentKind

VENDOR = ("brand", "company", "person", "street", "postal_code", "city", "country", "phone", "email")


def offer_of(quote: Quote) -> Offer:
    """Return what staff wrote into the quote."""
    positions = tuple(Position.of(stored) for stored in quote.positions)
    return Offer(positions, quote.vat_percent, quote.days, quote.introduction)


def frozen(case: Case, quote: Quote, *, now: datetime) -> dict[str, Any]:
    """Return all that the quote would say if it was sent now, as plain JSON values.

    `replaces` is the number of the accepted quote that this one takes the place of, or None (W3).
    """
    offer, vendor = offer_of(quote), Operator.current()
    return {
        "case_number": case.number,
        "quote_number": quote.number,
        "language": case.language,
        "sent_on": berlin.day_of(now).isoformat(),
        "valid_until": last_instant(now, offer.days).isoformat(),
        "operator": {name: getattr(vendor, name) for name in VENDOR},
        "address": _address(case),
        "device": _device(case),
        "fault": case.fault,
        "diagnosis": case.diagnosis,
        "introduction": offer.introduction,
        **_sums(offer),
        "inspection_fee_cents": agreed_inspection_fee(case, vendor),
        "terms": vendor.quote_terms,
        "terms_on": vendor.quote_terms_on.isoformat() if vendor.quote_terms_on else None,
        "replaces": replaced_by(quote),
    }


def _sums(offer: Offer) -> dict[str, Any]:
    totals = offer.totals
    return {
        "positions": [{**position.stored, "sum_cents": position.sum_cents} for position in offer.positions],
        "net_cents": totals.net_cents,
        "vat_percent": offer.vat_percent,
        "vat_cents": totals.vat_cents,
        "total_cents": totals.total_cents,
    }


def _address(case: Case) -> dict[str, str]:
    return {
        "name": case.return_name,
        "contact": case.contact_name,
        "street": case.return_street,
        "postal_code": case.return_postal_code,
        "city": case.return_city,
        "country": case.return_country,
    }


def _device(case: Case) -> dict[str, str | None]:
    device = case.device if case.device_id else None
    bought_on = device.purchased_on if device else None
    return {
        "name": device.name if device else "",
        "serial": device.serial if device else None,
        "bought_on": bought_on.isoformat() if bought_on else None,
    }


def agreed_inspection_fee(case: Case, vendor: Operator) -> int | None:
    """Return what the inspection costs if the repair is declined, or None (rule P4).

    Only if the operator has set a fee and the owner agreed to one before sending the server in; the amount
    is the one that was agreed to.
    """
    if vendor.inspection_fee_cents is None:
        return None
    agreed = [one for one in Consent.of_case(case) if one.kind == ConsentKind.INSPECTION_FEE]
    return agreed[-1].amount_cents if agreed else None


def replaced_by(quote: Quote) -> int | None:
    """Return the number of the accepted quote that this one takes the place of."""
    accepted = Quote.of_case(quote.case).where(
        Quote.state == QuoteState.ACCEPTED, Quote.number < quote.number
    )
    found = accepted.first()
    return found.number if found else None
