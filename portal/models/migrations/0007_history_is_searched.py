"""Indexes by which the history is searched, the newest first."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0007_history_is_searched")
