"""Write down that the worker was here; /readyz and the staff page ask for it."""

from datetime import datetime

from portal.models import Round


def finish(*, now: datetime, name: str = "worker") -> None:
    """Note when a round was finished; the first one makes the row."""
    if Round.update(at=now).where(Round.name == name).execute():
        return
    Round.insert(name=name, at=now).on_conflict_ignore().execute()
