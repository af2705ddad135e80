"""Customers' lists that are taken over."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0005_register")
