"""Is every row of history sealed with the deed that wrote it, in one chain?  Rule S, on both engines."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from portal.actions import history, seals
from portal.models import History, Seal, db
from portal.models.base import transaction
from portal.rules.seals import findings
from tests.actions.parallel import at_once
from tests.builders import NOW, a_case, a_customer, an_owner

DROP = {
    "sqlite": "DROP TRIGGER history_is_not_changed",
    "postgresql": "DROP TRIGGER history_is_not_changed ON history",
}


def chain():
    return [link for piece in Seal.links(piece=7) for link in piece]


def assert_whole():
    """Every row is sealed, once, and the chain is unbroken."""
    links = chain()
    assert list(findings(links)) == []
    assert sorted(link.history for link in links) == [row.id for row in History.select().order_by(History.id)]


def test_a_deed_seals_what_it_wrote(database):  # rule S
    a_case()
    assert History.select().count() > 1
    assert_whole()


def test_what_is_written_outside_of_a_deed_is_sealed_too(database):  # rule S
    history.record(a_customer(), "look", by=an_owner(), at=NOW, why="weil", odd=1.5, deep={"b": ["ä", None]})
    assert_whole()


def test_a_part_of_a_deed_that_was_undone_leaves_no_seal(database):  # rule S
    with transaction():
        history.record(None, "first", by=None, at=NOW)
        with suppress(LookupError), transaction():
            history.record(None, "undone", by=None, at=NOW)
            raise LookupError
        history.record(None, "last", by=None, at=NOW)
    assert [row.what for row in History.select().order_by(History.id)] == ["first", "last"]
    assert_whole()


def test_a_row_that_cannot_be_sealed_is_not_written(database, monkeypatch):  # rule S
    monkeypatch.setattr(Seal, "add", lambda made: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        history.record(None, "made_key", by=None, at=NOW)
    assert History.select().count() == 0


def test_many_at_once_make_one_unbroken_chain(database):  # rules S, S3
    def deed(number: int) -> None:
        for turn in range(5):
            with transaction():
                history.record(None, f"deed {number}", by=None, at=NOW, turn=turn)
                history.record(None, f"deed {number} again", by=None, at=NOW, turn=turn)

    assert at_once(*[partial(deed, number) for number in range(6)]) == [None] * 6
    assert History.select().count() == 60
    assert_whole()


def bulk(count: int) -> None:
    """Write rows past the deeds, as `fill` does, and as they stood there before there were seals."""
    History.insert_many([{"at": NOW, "what": "old", "facts": {"n": n}} for n in range(count)]).execute()


def test_the_worker_seals_what_came_past_the_deeds_in_pieces(database, monkeypatch):  # rule S
    monkeypatch.setattr(seals, "PIECE", 3)
    monkeypatch.setattr(seals, "PIECES", 2)
    bulk(8)
    history.record(None, "between", by=None, at=NOW)
    assert [seals.seal_due(now=NOW) for _round in range(3)] == [6, 2, 0]
    assert_whole()
    bulk(1)
    assert seals.seal_due(now=NOW + timedelta(minutes=1)) == 0  # not every round reads everything
    assert seals.seal_due(now=NOW + timedelta(minutes=11)) == 1


def test_two_workers_and_a_deed_at_once_seal_every_row_once(database, monkeypatch):  # rules S, S3
    monkeypatch.setattr(seals, "PIECE", 5)
    bulk(40)
    told = at_once(
        seals.seal_pending, seals.seal_pending, partial(history.record, None, "meanwhile", by=None, at=NOW)
    )
    assert not any(isinstance(one, Exception) for one in told)
    assert_whole()


def test_words_whose_time_is_over_can_go_and_cannot_be_guessed_from_the_seal(database):  # rule P3
    history.origin.set("192.0.2.7")
    row = history.record(None, "note", by=None, at=NOW, why="Frau Muster ist krank")
    history.origin.set("")
    assert len(row.facts["salt"]) == 16  # goes with the words
    History.update(why="", facts={}, address="", erased_at=NOW).where(History.id == row.id).execute()
    assert [link.entry.erased for link in chain()] == [True]
    assert_whole()


def test_the_end_of_the_chain_is_told_once_a_day(database):  # rule S
    history.record(None, "note", by=None, at=NOW)
    assert seals.head_due(now=NOW) == Seal.newest()
    assert seals.head_due(now=NOW + timedelta(hours=23)) is None
    assert seals.head_due(now=NOW + timedelta(hours=24)) == Seal.newest()


def test_a_row_changed_past_the_trigger_is_found(database, engine):  # rule S
    a_case()
    db.execute_sql(DROP[engine])
    db.execute_sql("UPDATE history SET target = 'forged' WHERE id = (SELECT min(id) FROM history)")
    assert [one.history for one in findings(chain())] == [History.select().order_by(History.id).get().id]
