"""Warranty to the day, spare parts, and when a repair may begin.  Rules W0-W4."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.warranty import Decision, Estimate, estimate, estimate_month, may_repair, warranty_end

lean = settings(deadline=None, max_examples=100)
days = st.dates(date(2015, 1, 1), date(2040, 12, 31))
ONE_DAY = timedelta(days=1)
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 11, 22), date(2026, 11, 22)),
        (date(2024, 2, 29), date(2026, 2, 28)),  # no leap day two years later
        (date(2026, 2, 28), date(2028, 2, 28)),  # the number counts, not the end of the month
        (date(2024, 12, 31), date(2026, 12, 31)),
        (date(2025, 1, 1), date(2027, 1, 1)),
    ],
)
def test_warranty_lasts_24_months_including_the_day(start, end):  # rule W1
    assert warranty_end(start) == end


def test_warranty_ends_as_counted_by_hand_for_every_day_of_fourteen_years():  # rule W1
    start = date(2019, 1, 1)
    while start.year < 2033:
        end = date(start.year + 2, start.month, 1)
        while end.day < start.day and (end + ONE_DAY).month == start.month:
            end += ONE_DAY
        assert warranty_end(start) == end
        start += ONE_DAY


@lean
@given(days)
def test_the_last_day_is_in_and_the_next_is_out(start):  # rule W1
    bought = max(start, date(2020, 1, 1))
    end = warranty_end(bought)
    assert estimate(bought, None, end) is Estimate.IN_WARRANTY
    assert estimate(bought, None, end + ONE_DAY) is Estimate.CHARGEABLE  # rule W3


@lean
@given(days, days, days)
def test_warranty_runs_from_delivery_where_that_day_is_known(bought, delivered, today):  # rule W1
    bought = max(bought, date(2020, 1, 1))
    in_time = today <= warranty_end(delivered)
    assert estimate(bought, delivered, today) is (Estimate.IN_WARRANTY if in_time else Estimate.CHARGEABLE)


@pytest.mark.parametrize("delivered", [None, date(2019, 12, 31), date(2020, 1, 10), TODAY])
def test_there_are_no_spare_parts_for_devices_bought_before_2020(delivered):  # rule W2
    assert estimate(date(2019, 12, 31), delivered, date(2020, 1, 2)) is Estimate.NO_SPARE_PARTS
    assert estimate(date(2019, 12, 31), delivered, TODAY) is Estimate.NO_SPARE_PARTS
    assert estimate(date(2020, 1, 1), delivered, TODAY) is not Estimate.NO_SPARE_PARTS


@pytest.mark.parametrize("delivered", [None, date(2019, 1, 1), TODAY])
def test_an_unknown_day_of_purchase_is_to_be_checked(delivered):  # rule W4
    assert estimate(None, delivered, TODAY) is Estimate.UNKNOWN


@pytest.mark.parametrize(
    ("year", "month", "answer"),
    [
        (2019, 12, Estimate.NO_SPARE_PARTS),
        (2020, 1, Estimate.CHARGEABLE),
        (2024, 10, Estimate.CHARGEABLE),
        (2024, 11, Estimate.CHARGEABLE),  # bought on the 30th it would be free: staff decide
        (2024, 12, Estimate.IN_WARRANTY),
    ],
)
def test_of_a_month_of_purchase_the_first_day_counts(year, month, answer):  # rules W1, W4
    assert estimate_month(year, month, TODAY) is answer


def test_a_month_never_promises_more_than_any_of_its_days():  # rules W0, W1
    todays = [TODAY, date(2026, 2, 28), date(2028, 2, 29), date(2026, 12, 31)]
    for year, month, today in product(range(2018, 2029), range(1, 13), todays):
        last = monthrange(year, month)[1]
        answers = {estimate(date(year, month, day), None, today) for day in range(1, last + 1)}
        found = estimate_month(year, month, today)
        assert found in answers
        assert found is not Estimate.IN_WARRANTY or answers == {Estimate.IN_WARRANTY}


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_month_that_does_not_exist_is_refused(month):
    with pytest.raises(ValueError, match="month"):
        estimate_month(2024, month, TODAY)


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("decision", [Decision.WARRANTY, Decision.FULL_COVER, Decision.GOODWILL])
def test_a_repair_that_costs_the_owner_nothing_needs_no_quote(decision, accepted):  # rule W0
    assert may_repair(decision, accepted)


def test_nothing_chargeable_is_repaired_before_the_quote_is_accepted():  # rule W3
    assert not may_repair(Decision.CHARGEABLE, quote_accepted=False)
    assert may_repair(Decision.CHARGEABLE, quote_accepted=True)


@pytest.mark.parametrize("accepted", [True, False])
def test_nothing_is_repaired_undecided_or_without_spare_parts(accepted):  # rules W2, W4
    assert not may_repair(None, accepted)
    assert not may_repair(Decision.NO_SPARE_PARTS, accepted)


def test_the_decision_is_one_of_five_and_more_than_the_estimate():  # rule W0
    assert set(Decision) == {"warranty", "full_cover", "goodwill", "chargeable", "no_spare_parts"}
    assert set(Estimate) == {"in_warranty", "chargeable", "no_spare_parts", "unknown"}
