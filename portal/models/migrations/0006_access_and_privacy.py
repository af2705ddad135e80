"""Who may come in, the chain over the history, and what people want of their own data."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0006_access_and_privacy")
