"""All tables of the first version."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0001_initial")
