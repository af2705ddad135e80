"""Shutting down, packing, and how long a release is valid.  Rules C0-C2b."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules.parcel import (
    NOT_IN_PARCEL,
    SHUTDOWN_STEPS,
    Arrival,
    Departure,
    Part,
    Standing,
    components,
    expected_parts,
    is_complete,
    is_valid,
    unexpected_parts,
    valid_until,
)

lean = settings(deadline=None, max_examples=60)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
TICK = timedelta(microseconds=1)


def test_before_unplugging_the_data_is_saved_in_this_order():  # rule C0
    assert [*SHUTDOWN_STEPS] == ["end_of_day", "backup", "upload", "shut_down"]


@pytest.mark.parametrize("tse_in_server", [False, None])
def test_the_parcel_holds_server_power_cable_and_lan_cable(tse_in_server):  # rule C1
    assert [*components(tse_in_server)] == ["server", "power_cable", "lan_cable"]


def test_the_tse_belongs_into_the_parcel_if_and_only_if_it_is_in_the_server():  # rule C1
    assert [*components(True)] == ["server", "power_cable", "lan_cable", "tse_usb"]
    assert [answer for answer in (True, False, None) if "tse_usb" in components(answer)] == [True]


def test_the_slip_names_what_must_stay_in_the_salon():  # rule C2
    assert [*NOT_IN_PARCEL] == ["printer", "card_terminal", "pc", "cash_drawer"]
    assert set(NOT_IN_PARCEL).isdisjoint(components(True))


@lean
@given(instants, st.integers(1, 365))
def test_a_release_is_valid_until_its_last_instant(released_at, days):  # rule C2b
    end = valid_until(released_at, days)
    assert (end - released_at).total_seconds() == days * 86_400
    assert is_valid(released_at, released_at, days)
    assert is_valid(released_at, end - TICK, days)
    assert not is_valid(released_at, end, days)


def test_a_release_is_valid_for_30_days_unless_configured():  # rule C2b
    released_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert valid_until(released_at) == datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert is_valid(released_at, datetime(2026, 3, 31, 11, 59, tzinfo=UTC))
    assert not is_valid(released_at, datetime(2026, 3, 31, 12, tzinfo=UTC))


def test_a_release_lasts_a_year_at_most_whatever_is_stored():  # rule C2b
    released_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert valid_until(released_at, 9_999_999) == valid_until(released_at, 365)


@pytest.mark.parametrize("days", [0, -1])
def test_a_release_of_no_day_is_refused(days):
    with pytest.raises(ValueError, match="at least one day"):
        valid_until(datetime(2026, 3, 1, tzinfo=UTC), days)


def test_a_naive_time_of_release_is_refused():
    with pytest.raises(ValueError, match="naive"):
        valid_until(datetime(2026, 3, 1))


def test_check_in_awaits_what_the_slip_lists():  # rules C1, C4
    for in_server in (True, False, None):
        assert [*expected_parts(in_server)] == [*components(in_server)]
        assert set(expected_parts(in_server)).isdisjoint(unexpected_parts(in_server))
    assert set(expected_parts(True)) | set(unexpected_parts(True)) == set(Part)


def test_a_tse_that_should_not_be_there_is_the_first_surprise():  # rules C1, C4
    assert unexpected_parts(False)[0] is Part.TSE_USB


# arrival, departure, accounted for, settled, keeps the parcel here; first a cable, then the TSE
STANDINGS = [
    (Part.LAN_CABLE, Arrival.ARRIVED, None, False, False, True),
    (Part.LAN_CABLE, Arrival.UNEXPECTED, None, False, False, True),
    (Part.LAN_CABLE, Arrival.ADDED, None, False, False, True),
    (Part.LAN_CABLE, Arrival.ARRIVED, Departure.PACKED, True, False, False),
    (Part.LAN_CABLE, Arrival.ARRIVED, Departure.KEPT, True, True, False),
    (Part.LAN_CABLE, Arrival.ARRIVED, Departure.SWAPPED, True, True, False),
    (Part.LAN_CABLE, Arrival.MISSING, None, True, False, False),
    (Part.LAN_CABLE, Arrival.WAIVED, None, True, True, False),
    (Part.TSE_USB, Arrival.MISSING, None, True, False, True),
    (Part.TSE_USB, Arrival.WAIVED, None, True, True, False),
    (Part.TSE_USB, Arrival.ARRIVED, Departure.PACKED, True, False, False),
    (Part.TSE_USB, Arrival.ARRIVED, Departure.KEPT, False, False, True),
    (Part.TSE_USB, Arrival.ARRIVED, Departure.SWAPPED, False, False, True),
]


@pytest.mark.parametrize(("part", "arrival", "departure", "accounted", "settled", "holds_up"), STANDINGS)
def test_what_came_in_must_go_out(part, arrival, departure, accounted, settled, holds_up):  # rules C4a, C5
    standing = Standing(part, arrival, departure)
    assert standing.is_accounted_for is accounted
    assert standing.is_settled is settled
    assert standing.keeps_from_dispatch is holds_up


@pytest.mark.parametrize("departure", [Departure.KEPT, Departure.SWAPPED])
def test_a_tse_stays_by_written_consent_only(departure):  # rule C4a
    assert Standing(Part.TSE_USB, Arrival.ARRIVED, departure, may_stay=True).is_settled


def test_a_packed_part_is_settled_once_its_parcel_has_left():  # rule C5
    assert Standing(Part.SERVER, Arrival.ARRIVED, Departure.PACKED, has_left=True).is_settled


def test_a_parcel_is_complete_when_nothing_is_awaited():  # rule C4
    here, gone = Standing(Part.SERVER, Arrival.ARRIVED), Standing(Part.LAN_CABLE, Arrival.MISSING)
    assert is_complete([here, Standing(Part.LAN_CABLE, Arrival.WAIVED)])
    assert not is_complete([here, gone])
