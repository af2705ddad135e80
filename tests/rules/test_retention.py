"""Until when are records kept, and what goes at once?  Rule P3."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import berlin, retention
from portal.rules.retention import CaseFacts, Kind

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
CASES = st.builds(CaseFacts, MOMENTS, st.booleans(), st.booleans())
LENGTHS = st.dictionaries(st.sampled_from([*Kind]), st.integers(-5, 60))


def closed(year, month, day, hour=12, minute=0, **facts) -> CaseFacts:
    return CaseFacts(datetime(year, month, day, hour, minute, tzinfo=UTC), **facts)


@pytest.mark.parametrize(
    ("case", "until"),
    [
        (closed(2026, 11, 22), date(2032, 12, 31)),
        (closed(2026, 1, 1), date(2032, 12, 31)),  # the whole year counts alike
        (closed(2026, 11, 22, has_vouchers=True), date(2034, 12, 31)),
        (closed(2026, 11, 22, has_link=True), date(2036, 12, 31)),
        (closed(2026, 11, 22, has_vouchers=True, has_link=True), date(2036, 12, 31)),
        (closed(2028, 2, 29), date(2034, 12, 31)),  # a leap day
        (closed(2026, 12, 31, 22, 59), date(2032, 12, 31)),  # 23:59 in Berlin
        (closed(2026, 12, 31, 23, 0), date(2033, 12, 31)),  # midnight in Berlin: the next year
    ],
)
def test_a_case_is_kept_to_the_end_of_the_year_its_records_ask_for(case, until):  # rule P3
    assert retention.keep_until(case) == until
    assert not retention.is_over(until, until)  # the last day itself still counts
    assert retention.is_over(until, until + timedelta(days=1))


@given(CASES, LENGTHS)
def test_more_records_never_shorten_the_time(case, configured):  # rule P3
    until = retention.keep_until(case, configured)
    alone = retention.keep_until(CaseFacts(case.closed_at), configured)
    assert until >= alone
    assert (until.month, until.day) == (12, 31)
    year = berlin.day_of(case.closed_at).year
    assert year + retention.LEAST_YEARS <= until.year <= year + retention.MOST_YEARS


@given(CASES, LENGTHS, st.dates(date(2020, 1, 1), date(2095, 1, 1)))
def test_what_is_over_goes_and_what_is_locked_says_why(case, configured, today):  # rule P3
    found = retention.fate(case, today, configured)
    until = retention.keep_until(case, configured)
    assert found.goes_now == (today > until)
    if not found.goes_now:
        assert found.until == until
        assert retention.end_of_period(case.closed_at, retention.years(configured)[found.kind]) == until


@given(MOMENTS, st.integers(retention.LEAST_YEARS, retention.MOST_YEARS), st.dates(date(2055, 1, 1)))
def test_the_bound_for_a_list_of_old_cases_says_the_same(closed_at, length, today):  # rule P3
    is_over = retention.is_over(retention.end_of_period(closed_at, length), today)
    assert is_over == (closed_at < retention.closed_before(today, length))


def test_years_are_the_operators_within_bounds_and_the_usual_ones_otherwise():  # rule P3
    assert retention.years() == {Kind.CORRESPONDENCE: 6, Kind.VOUCHERS: 8, Kind.BOOKS: 10}
    assert retention.years({"vouchers": 12, "unknown": 3})[Kind.VOUCHERS] == 12
    assert retention.years({"books": 0, "vouchers": 99})[Kind.BOOKS] == retention.LEAST_YEARS
    assert [retention.is_sane(number) for number in (1, 2, 30, 31)] == [False, True, True, False]


def test_the_longest_kind_is_the_reason_that_is_told():  # rule P3
    case = closed(2026, 5, 4, has_vouchers=True, has_link=True)
    assert retention.longest_kind(case) is Kind.BOOKS
    assert retention.longest_kind(case, {"vouchers": 20}) is Kind.VOUCHERS
    assert retention.longest_kind(case, {"correspondence": 10}) is Kind.CORRESPONDENCE


def test_what_is_brief_is_counted_in_days():  # rule P3
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert retention.expired_from(retention.Brief.DRAFTS, now) == now - timedelta(days=30)
    assert set(retention.DAYS) == set(retention.Brief)
