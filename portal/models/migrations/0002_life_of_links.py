"""The substitute link's whole life: till, read-out, warnings; one outbox; API, webhooks, forecast."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0002_life_of_links")
