"""Do the migrations arrive at what the models say, and does running them do no harm?"""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from peewee import Database

from portal.models import TABLES, base, schema
from portal.models.migrations import migrate, pending
from tests.engines import wait_until

ALL = ["0001_initial", "0002_life_of_links"]
RUNNERS_OWN = "schema_migration"  # the table in which playhouse keeps what was run

SQLITE_SHAPE = {
    "everything": "SELECT type, name, tbl_name, sql FROM sqlite_master",
}
POSTGRESQL_SHAPE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, convalidated, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
    """,
    "functions": """
        SELECT proname, '', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """,
    "sequences": "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'",
}


def shape_of(database: Database) -> dict[str, set[tuple]]:
    """Return everything the catalogues know of the tables, without the runner's own one."""
    questions = SQLITE_SHAPE if base.is_sqlite() else POSTGRESQL_SHAPE
    return {
        kind: {
            _plain(row)
            for row in database.execute_sql(question)
            if RUNNERS_OWN not in " ".join(map(str, row))
        }
        for kind, question in questions.items()
    }


def _plain(row: tuple) -> tuple:
    return tuple(" ".join(value.split()) if isinstance(value, str) else value for value in row)


def test_migrating_an_empty_database_arrives_at_what_the_models_say(empty_database_url, database_url):
    made = base.connect(empty_database_url)
    with made.connection_context():
        schema.create_all(made)
        as_the_models_say = shape_of(made)
    made.close_all()
    migrated = base.connect(database_url)
    with migrated.connection_context():
        as_the_migrations_say = shape_of(migrated)
    migrated.close_all()
    for kind, said in as_the_models_say.items():
        assert as_the_migrations_say[kind] == said, f"{kind} differ: freeze or write a migration"


def test_the_comparison_sees_tables_triggers_and_prefix_indexes(database, engine):
    shape = str(shape_of(database))
    for table in TABLES:
        assert f"'{table._meta.table_name}'" in shape
    assert "keep_link" in shape if engine == "postgresql" else "link_stays_ended" in shape
    assert ("varchar_pattern_ops" in shape) == (engine == "postgresql")


def test_the_comparison_sees_one_lost_trigger(database, engine):
    before = shape_of(database)
    trigger = "history_is_kept ON history" if engine == "postgresql" else "history_is_not_changed"
    database.execute_sql(f"DROP TRIGGER {trigger}")
    assert shape_of(database) != before


def test_migrating_twice_does_nothing_the_second_time(empty_database_url):
    opened = base.connect(empty_database_url)
    assert migrate(opened) == ALL
    with opened.connection_context():
        assert pending(opened) == []
        before = shape_of(opened)
    assert migrate(opened) == []
    with opened.connection_context():
        assert shape_of(opened) == before
    opened.close_all()


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_of_two_migrations_at_the_same_time_one_waits(empty_database_url, engine):
    opened = base.connect(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT pg_advisory_lock(7041)")  # as a first start holds it
        second = pool.submit(migrate, opened)
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_until(lambda: other.execute(waiting).fetchone()[0] == 1, "the second migration's waiting")
        assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()[0] == 0
        other.execute("SELECT pg_advisory_unlock(7041)")
        assert second.result(timeout=30) == ALL
    opened.close_all()


def test_two_starts_at_once_migrate_once(empty_database_url):
    first, second = base.connect(empty_database_url), base.connect(empty_database_url)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(migrate, (first, second)))
    assert sorted(done) == [[], ALL]
    first.close_all()
    second.close_all()
