"""Is a moment the same moment when it comes back, and does a stale object undo nothing?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.models import Case, Customer, Round
from portal.models.base import InstantField
from portal.rules.berlin import BERLIN
from tests.builders import NOW, a_case, a_customer

FIELD = InstantField()
FIELD.name = "at"
moments = st.datetimes(
    min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.sampled_from([UTC, BERLIN])
)


def test_a_moment_without_a_time_zone_is_refused(database):
    with pytest.raises(ValueError, match="time zone"):
        Round.create(name="worker", at=datetime(2026, 11, 21, 9, 14))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 21, 9, 14, 0, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),  # exists twice
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
        datetime(2026, 11, 21, 9, 14, 59, 999_999, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
        datetime(800, 1, 1, tzinfo=UTC),
    ],
)
def test_a_moment_comes_back_in_utc_to_the_microsecond(database, moment):
    Round.create(name="worker", at=moment)
    found = Round.get().at
    assert found == moment.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


def test_no_moment_stays_none(database):
    assert a_customer().id
    assert FIELD.db_value(None) is None
    assert FIELD.python_value(None) is None


@given(moments, moments)
def test_the_order_of_the_texts_is_the_order_of_the_moments(first, second):
    one, other = first.astimezone(UTC), second.astimezone(UTC)
    assert (FIELD.db_value(first) < FIELD.db_value(second)) == (one < other)
    assert len(FIELD.db_value(first)) == len(FIELD.db_value(second)) == 27
    assert FIELD.python_value(FIELD.db_value(first)) == one


def test_the_database_orders_and_compares_moments_as_time_does(database):
    spread = [NOW + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000, 86_400_000_000)]
    for number, moment in enumerate(reversed(spread)):
        Round.create(name=str(number), at=moment.astimezone(BERLIN))
    assert [row.at for row in Round.select().order_by(Round.at)] == spread
    assert Round.select().where(Round.at <= spread[1]).count() == 2
    assert Round.select().where(Round.at < spread[1]).count() == 1


def test_a_stale_object_does_not_undo_what_another_request_wrote(database):  # rule S3
    stale = Customer.get_by_id(a_customer("Alt").id)
    Customer.update(name="Neu").where(Customer.id == stale.id).execute()
    stale.number = "K-anders"
    stale.save()
    found = Customer.get_by_id(stale.id)
    assert (found.name, found.number) == ("Neu", "K-anders")


def test_saving_an_unchanged_object_writes_nothing(database):
    stale = Case.get_by_id(a_case().id)
    Case.update(revision=17).where(Case.id == stale.id).execute()
    stale.save()
    assert Case.get_by_id(stale.id).revision == 17
