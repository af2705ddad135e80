"""Check-in, workshop, quotes, way back, appointments, documents' own lines, and what is reminded of."""

from portal.models.migrations import run_sql


def up(migrator, db):
    run_sql(db, "0003_workshop_and_return")
