"""How a database comes to the present shape: numbered files, each run once, in order.

A migration is frozen: it names SQL, never the models, which move on.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from peewee import Database, SqliteDatabase
from playhouse.migrations import Runner

FOLDER = Path(__file__).parent


def migrate(database: Database) -> list[str]:
    """Apply what is missing and return the names of what was applied."""
    with database.connection_context() if database.is_closed() else nullcontext(), _alone(database):
        return Runner(database, str(FOLDER)).up()


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let one of two starts at once wait until the other has migrated."""
    if isinstance(database, SqliteDatabase):
        with database.atomic("IMMEDIATE"):
            yield
        return
    database.execute_sql("SELECT pg_advisory_lock(7041)")
    try:
        yield
    finally:
        database.execute_sql("SELECT pg_advisory_unlock(7041)")


def pending(database: Database) -> list[str]:
    """Return the names of migrations that this database has not seen yet."""
    return [step.name for step in Runner(database, str(FOLDER)).status() if step.applied is None]


def run_sql(database: Database, number: str) -> None:
    """Run the SQL file of migration `number` for this engine; statements end with `;;`."""
    engine = "sqlite" if isinstance(database, SqliteDatabase) else "postgresql"
    for statement in (FOLDER / f"{number}.{engine}.sql").read_text().split(";;"):
        if statement.strip():
            database.execute_sql(statement.strip())
