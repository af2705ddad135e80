"""Is history append-only, whoever asks?  Section S of the rulebook."""

import pytest
from peewee import IntegrityError

from portal.models import History, db
from tests.builders import a_case


def rows():
    return list(History.select().order_by(History.id).dicts())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET why = 'anders'",
        "UPDATE history SET account_id = NULL",
        "UPDATE history SET id = id + 1000",
        "DELETE FROM history",
        "DELETE FROM history WHERE id = (SELECT max(id) FROM history)",
    ],
)
def test_no_statement_changes_or_removes_a_row(database, statement):  # rule S
    a_case()
    before = rows()
    with pytest.raises(IntegrityError, match=r"append-only|stay as they are"), db.atomic():
        database.execute_sql(statement)
    assert rows() == before


COLUMNS = "id, at, what, source, target, why, facts"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_replacing_is_no_way_around_it_on_sqlite(database, engine):  # rule S
    a_case()
    before = rows()
    forged = f"SELECT id, at, 'forged', source, target, why, facts FROM history WHERE id = {before[0]['id']}"
    with pytest.raises(IntegrityError), db.atomic():
        database.execute_sql(f"INSERT OR REPLACE INTO history ({COLUMNS}) {forged}")
    assert rows() == before


def test_an_upsert_is_no_way_around_it(database):  # rule S
    a_case()
    before = rows()
    copy = f"SELECT {COLUMNS} FROM history WHERE id = {before[0]['id']}"
    with pytest.raises(IntegrityError), db.atomic():
        database.execute_sql(
            f"INSERT INTO history ({COLUMNS}) {copy} ON CONFLICT (id) DO UPDATE SET why = 'forged'"
        )
    assert rows() == before


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["history", "substitute_link", '"case"'])
def test_history_is_not_emptied_on_postgresql(database, engine, table):  # rule S
    a_case()
    before = rows()
    with pytest.raises(IntegrityError, match="stay as they are"), db.atomic():
        database.execute_sql(f"TRUNCATE {table} CASCADE")
    assert rows() == before


def test_who_acted_cannot_be_removed_from_under_history(database):  # rule S
    case = a_case()
    with pytest.raises(IntegrityError), db.atomic():
        case.reporter.delete_instance()
    with pytest.raises(IntegrityError), db.atomic():
        case.delete_instance()
