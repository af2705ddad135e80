"""Is the operator's record changed without a release, and only to what it can hold?  Section Operator, P4."""

import pytest

from portal.actions import operator
from portal.actions.operator import OperatorUnfit
from portal.models import History, Operator
from tests.builders import NOW


def test_fields_are_set_together_and_stand_in_the_history(database):  # rules "Operator", C0, P4
    given = {"phone": " 02202 12345 ", "imprint_on": "2026-11-22", "training_fee_cents": "12000"}
    changed = operator.change(given, by=None, now=NOW)
    assert (changed.phone, changed.imprint_on.isoformat(), changed.training_fee_cents) == (
        "02202 12345",
        "2026-11-22",
        12000,
    )
    assert changed.company.startswith("IT-Systemhaus Schlimgen")  # rule C3, until another is set
    assert Operator.select().count() == 1
    assert History.get(History.what == "change_operator").facts == given


def test_an_emptied_fee_is_no_fee(database):  # rule P4
    operator.change({"inspection_fee_cents": "4900"}, by=None, now=NOW)
    assert operator.change({"inspection_fee_cents": ""}, by=None, now=NOW).inspection_fee_cents is None
    assert Operator.select().count() == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("id", "7"),
        ("colour", "red"),
        ("brand", ""),
        ("release_days", "0"),
        ("quote_days", "0"),
        ("quote_days", "366"),
        ("vat_percent", "101"),
        ("release_days", "bald"),
        ("training_fee_cents", "-1"),
        ("imprint_on", "22.11.2026"),
        ("brand", "x" * 41),
    ],
)
def test_what_does_not_fit_changes_nothing(database, name, text):
    with pytest.raises(OperatorUnfit) as refused:
        operator.change({"phone": "02202 1", name: text}, by=None, now=NOW)
    assert refused.value.name == name
    assert not Operator.select().exists()
    assert not History.select().exists()
