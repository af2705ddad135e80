"""Is the operator's record changed without a release, and only to what it can hold?  Section Operator, P4."""

from datetime import timedelta

import pytest

from portal.actions import operator, queue
from portal.actions.operator import OperatorUnfit
from portal.models import History, Operator
from portal.rules.urgency import Harm
from portal.rules.workflow import State
from tests import builders as build
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
        ("release_days", "366"),
        ("overdue_days", "9999999"),
        ("quote_days", "0"),
        ("quote_days", "366"),
        ("target_in_repair", "0"),
        ("target_in_repair", "366"),
        ("target_draft", "3"),
        ("target_days", "3"),
        ("logo", "x"),
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


def test_a_new_target_time_moves_the_cases_that_stand_in_the_state(database):  # rule S6
    case = build.a_case_in_repair(now=NOW)
    later = NOW + timedelta(days=4)
    assert queue.reassess_case(case, now=later).harm is None
    operator.change({"target_in_repair": "3"}, by=None, now=later)
    assert Operator.current().target_days == {State.IN_REPAIR: 3}
    queue.reassess_due(now=later)
    moved = type(case).get_by_id(case.id)
    assert (moved.harm, moved.harm_since) == (Harm.STUCK, moved.state_since + timedelta(days=3))
    operator.change({"target_in_repair": "30"}, by=None, now=later)
    queue.reassess_due(now=later)
    assert type(case).get_by_id(case.id).harm is None
