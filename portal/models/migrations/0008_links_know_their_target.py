"""A link that lets in by mail keeps the page it leads to; so does who registers until they get theirs."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0008_links_know_their_target")
