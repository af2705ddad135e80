"""Do the migrations arrive at what the models say, and does running them do no harm?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from peewee import Database
from playhouse.migrations import Runner

from portal.actions import warnings
from portal.models import TABLES, SubstituteLink, base, schema
from portal.models.migrations import FOLDER, migrate, pending
from portal.rules.links import TillState
from tests.engines import wait_until

ALL = [
    "0001_initial",
    "0002_life_of_links",
    "0003_workshop_and_return",
    "0004_signing_in",
    "0005_register",
    "0006_access_and_privacy",
    "0007_history_is_searched",
    "0008_links_know_their_target",
]
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


WHEN = "2026-11-21T09:14:00.000000Z"
END = "2026-12-21T09:14:00.000000Z"
OF_THE_FIRST_VERSION = [
    f"INSERT INTO customer (id, number, name, search_name, created_at) VALUES (1, 'K1', 'A', 'a', '{WHEN}')",
    "INSERT INTO salon (id, customer_id, name, search_name, street, postal_code, city, country, phone)"
    " VALUES (1, 1, 'A', 'a', 'S', '51465', 'B', 'DE', '')",
    f"INSERT INTO device (id, salon_id, name, origin, created_at) VALUES (1, 1, 'D', 'vendor', '{WHEN}')",
    f"INSERT INTO device (id, salon_id, name, origin, created_at) VALUES (2, 1, 'E', 'vendor', '{WHEN}')",
    *(
        "INSERT INTO substitute_link (id, customer_id, device_id, open_device, reason, reason_text,"
        " requested_at, revision, state, mode, ending, expected, reasons, corrected_why, refusal,"
        " activated_at, ends_at, days, ended_at, till_address, generation, opened_count, complete)"
        f" VALUES ({number}, 1, {device}, {taken}, 'defect', '', '{WHEN}', 1, '{state}', '{mode}', {ending},"
        f" 'full', '[]', '', '', '{WHEN}', '{END}', 30, {ended}, 'https://till.example', 1, 0, true)"
        for number, device, taken, state, mode, ending, ended in [
            (1, 1, 1, "active", "full", "NULL", "NULL"),
            (2, 2, 2, "active", "view_only", "NULL", "NULL"),
            (3, 2, "NULL", "ended", "full", "'expired'", f"'{END}'"),
        ]
    ),
]


def test_links_of_the_first_version_go_on_as_they_were(empty_database_url):  # rules L2, L3, L10
    opened = base.connect(empty_database_url)
    with opened.connection_context():
        Runner(opened, str(FOLDER)).up("0001_initial")
        for statement in OF_THE_FIRST_VERSION:
            opened.execute_sql(statement)
    assert migrate(opened) == ALL[1:]
    with opened.connection_context():
        full, locked, ended = SubstituteLink.select().order_by(SubstituteLink.id)
        assert (full.can_cash, full.till_is_confirmed, full.days) == (True, True, 30)
        assert (locked.can_cash, locked.till_confirmed) == (False, TillState.LOCKED)
        assert (ended.till_confirmed, ended.warn_at) == (TillState.GONE, None)
        warned = warnings.warn(full, now=full.ends_at - timedelta(days=6))
        assert (warned.warned_days, warned.warn_at) == (7, full.ends_at - timedelta(days=3))
    opened.close_all()
