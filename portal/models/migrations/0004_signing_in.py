"""How often was tried in vain, links by mail, and what is known of a browser that is signed in."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0004_signing_in")
