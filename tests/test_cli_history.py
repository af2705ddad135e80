"""Does `flask check` find what was done to the history past the portal?  Rule S, on both engines."""

import pytest

from portal.actions import history
from portal.models import History, Seal, db
from tests import builders as build

TRIGGERS = {
    "sqlite": (
        "history_is_not_changed",
        "history_is_not_deleted",
        "seal_is_not_changed",
        "seal_is_not_deleted",
    ),
    "postgresql": ("history_is_not_changed ON history", "history_is_kept ON history", "seal_is_kept ON seal"),
}
GONE, CHANGED, BROKEN = "the row is gone", "the row was changed", "does not fit here"


@pytest.fixture
def forge(app, engine):
    """Give a way past everything that forbids it, to who is master of the database; rows 1 to 6 are there."""
    for number in range(1, 7):
        history.record(None, "note", by=None, at=build.NOW, why=f"Grund {number}", facts={"n": number})
    for trigger in TRIGGERS[engine]:
        db.execute_sql(f"DROP TRIGGER {trigger}")
    if engine == "postgresql":
        db.execute_sql("ALTER TABLE seal DROP CONSTRAINT seal_history_id_fkey")
    else:
        db.execute_sql("PRAGMA foreign_keys = 0")
    yield db.execute_sql
    if engine == "sqlite":
        db.execute_sql("PRAGMA foreign_keys = 1")


def told(app, *words: str) -> list[str]:
    """Return what `flask check` says of the history; it must not be content."""
    done = app.test_cli_runner().invoke(args=("check", *words))
    assert done.exit_code == 1, done.output
    return [line for line in done.output.splitlines() if line.startswith("- History")]


def test_an_unharmed_history_gets_no_complaint_and_tells_its_end(app, forge):  # rule S
    assert told(app) == []
    end = Seal.newest()
    assert f"6 rows sealed, the words of 0 erased. Its end is {end.id}:{end.digest}." in (
        app.test_cli_runner().invoke(args=("check",)).output
    )


@pytest.mark.parametrize(
    ("statement", "row", "what"),
    [
        ("UPDATE history SET why = 'anders' WHERE id = 3", 3, CHANGED),
        ("UPDATE history SET what = 'look' WHERE id = 6", 6, CHANGED),
        ("UPDATE history SET address = '192.0.2.1' WHERE id = 1", 1, CHANGED),
        ("UPDATE history SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 2", 2, CHANGED),
        ("DELETE FROM history WHERE id = 4", 4, GONE),
        ("UPDATE seal SET content = digest WHERE history_id = 3", 3, CHANGED),
        ("UPDATE seal SET digest = content WHERE history_id = 6", 6, BROKEN),
    ],
)
def test_what_was_changed_or_removed_is_found_and_named(app, forge, statement, row, what):  # rule S
    forge(statement)
    found = told(app)
    assert f"row {row} " in found[0]
    assert what in found[0]


def test_a_removed_seal_is_found_with_its_row_and_with_row_and_all(app, forge):  # rule S
    forge("DELETE FROM seal WHERE history_id = 3")
    broken, unsealed = told(app)
    assert "row 4 " in broken
    assert "1 rows are not sealed, the first is 3" in unsealed
    forge("DELETE FROM history WHERE id = 3")
    assert told(app) == [broken]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_no_json_any_more_is_told_too(app, engine, forge):  # rule S
    forge("UPDATE history SET facts = '{broken', at = 'yesterday' WHERE id = 3")
    assert CHANGED in told(app)[0]


def test_newest_rows_that_were_removed_show_against_an_end_told_before(app, forge):  # rule S
    end = Seal.newest()
    head = ("--head", f"{end.id}:{end.digest[:12]}")
    history.record(None, "later", by=None, at=build.NOW)
    assert told(app, *head) == []
    forge("DELETE FROM seal WHERE history_id > 4")
    forge("DELETE FROM history WHERE id > 4")
    assert told(app) == []  # nothing in the database can tell
    assert "the newest rows were removed, or all was written anew" in told(app, *head)[0]


def test_many_faults_are_counted_and_not_all_listed(app, forge):  # rule S
    History.insert_many([{"at": build.NOW, "what": "bulk"}] * 30).execute()
    history.seals.seal_pending()
    forge("UPDATE history SET what = 'forged'")
    found = told(app)
    assert (len(found), found[-1]) == (21, "- History: 16 more faults like these.")
