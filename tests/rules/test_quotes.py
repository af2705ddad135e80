"""What does a quote come to, until when does it hold, and when is a new one due?  Rules W3, P4."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import berlin, quotes
from portal.rules.quotes import LARGEST, Offer, OfferUnfit, Position, Totals, Unfit

OFFER = Offer((Position("Netzteil", 1, 20000),), vat_percent=19, days=14)
POSITIONS = st.lists(
    st.builds(Position, st.just("x"), st.integers(1, 999), st.integers(0, 100_000)), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ("positions", "vat", "expected"),
    [
        ([(1, 20000)], 19, Totals(20000, 3800, 23800)),
        ([(3, 3333), (1, -999)], 19, Totals(9000, 1710, 10710)),  # a discount
        ([(1, 50)], 19, Totals(50, 10, 60)),  # 9.5 cents are rounded up
        ([(1, 13)], 19, Totals(13, 2, 15)),  # 2.47 down
        ([(1, 5), (1, 5), (1, 5)], 10, Totals(15, 2, 17)),  # on the sum, not three times 0.5
        ([(1, 12345)], 0, Totals(12345, 0, 12345)),
        ([(1, 10000), (1, -10000)], 19, Totals(0, 0, 0)),
        ([(1, 10000)], 100, Totals(10000, 10000, 20000)),
    ],
)
def test_the_vat_is_rounded_half_up_on_the_sum(positions, vat, expected):  # rule W3
    lines = [Position("x", quantity, net) for quantity, net in positions]
    assert quotes.totals(lines, vat) == expected


@given(POSITIONS, st.integers(0, 100))
def test_the_total_is_net_and_vat_to_the_cent(positions, vat):  # rule W3
    found = quotes.totals(positions, vat)
    assert found.net_cents == sum(one.quantity * one.net_cents for one in positions)
    assert found.total_cents == found.net_cents + found.vat_cents
    assert abs(found.vat_cents * 100 - found.net_cents * vat) <= 50


def test_nobody_is_paid_for_a_repair():  # rule W3
    with pytest.raises(ValueError, match="less than nothing"):
        quotes.totals([Position("Nachlass", 1, -1)], 19)


@pytest.mark.parametrize(
    ("changes", "why", "row"),
    [
        ({"positions": ()}, Unfit.EMPTY, None),
        ({"positions": OFFER.positions * 31}, Unfit.TOO_MANY, None),
        ({"positions": (*OFFER.positions, Position("  ", 1, 5))}, Unfit.TEXT, 1),
        ({"positions": (Position("x" * 201, 1, 5),)}, Unfit.TEXT, 0),
        ({"positions": (Position("x", 0, 5),)}, Unfit.QUANTITY, 0),
        ({"positions": (Position("x", 1000, 5),)}, Unfit.QUANTITY, 0),
        ({"positions": (Position("x", 1, LARGEST + 1),)}, Unfit.AMOUNT, 0),
        ({"positions": (Position("x", 1, LARGEST),)}, Unfit.AMOUNT, None),  # with VAT
        ({"positions": (Position("x", 1, -1),)}, Unfit.NEGATIVE, None),
        ({"vat_percent": 101}, Unfit.VAT, None),
        ({"vat_percent": -1}, Unfit.VAT, None),
        ({"days": 0}, Unfit.DAYS, None),
        ({"days": 366}, Unfit.DAYS, None),
    ],
)
def test_an_offer_that_is_none_is_refused_with_its_reason(changes, why, row):  # rule W3
    with pytest.raises(OfferUnfit) as refused:
        quotes.check(replace(OFFER, **changes))
    assert (refused.value.why, refused.value.row) == (why, row)


def test_a_good_offer_comes_to_its_totals():  # rule W3
    assert quotes.check(OFFER) == Totals(20000, 3800, 23800)


@pytest.mark.parametrize(
    ("sent", "days", "last"),
    [
        # 10:14 in Berlin: the whole of the 14th day after it counts.
        ("2026-11-21T09:14", 14, "2026-12-05T22:59:59.999999"),
        ("2026-11-21T23:30", 1, "2026-11-23T22:59:59.999999"),  # it is the 22nd already in Berlin
        ("2027-03-21T12:00", 7, "2027-03-28T21:59:59.999999"),  # ends on the day summer time begins
        ("2026-10-24T12:00", 1, "2026-10-25T22:59:59.999999"),  # and on the day it ends: 25 hours
        ("2026-12-31T12:00", 1, "2027-01-01T22:59:59.999999"),
    ],
)
def test_a_quote_holds_until_the_end_of_its_last_day_in_berlin(sent, days, last):  # rule W3
    until = quotes.valid_until(datetime.fromisoformat(sent).replace(tzinfo=UTC), days)
    assert until.isoformat() == f"{last}+00:00"
    assert not quotes.is_over(until, until)
    assert quotes.is_over(until, until + timedelta(microseconds=1))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.integers(1, 365))
def test_the_last_day_is_always_that_many_days_after_the_day_of_sending(sent, days):  # rule W3
    until = quotes.valid_until(sent, days)
    assert berlin.day_of(until) == berlin.day_of(sent) + timedelta(days=days)
    assert berlin.day_of(until + timedelta(microseconds=1)) == berlin.day_of(until) + timedelta(days=1)


def test_a_quote_holds_for_a_day_at_least():
    with pytest.raises(ValueError, match="at least one day"):
        quotes.valid_until(datetime(2026, 11, 21, tzinfo=UTC), 0)


@pytest.mark.parametrize(
    ("accepted", "final", "needed"),
    [
        (10000, 11000, False),
        (10000, 11001, True),
        (10005, 11005, False),  # 110.055 €: the half cent is not the owner's to pay
        (10005, 11006, True),
        (10000, 0, False),
        (0, 0, False),
        (0, 1, True),
    ],
)
def test_more_than_ten_percent_above_needs_a_new_quote(accepted, final, needed):  # rules W3, P4
    assert quotes.needs_new(accepted, final) is needed
    assert quotes.needs_new(accepted, quotes.most_cents(accepted)) is False
