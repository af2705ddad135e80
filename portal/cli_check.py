"""`flask check`: is what stands around the portal as it must be, and is what it keeps unharmed?"""

import sys
from collections.abc import Iterator

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import production
from portal.actions import retention
from portal.cli_history import Chain, End
from portal.config import Settings
from portal.models import Account, Letter, Operator, Round, migrations
from portal.models.base import db
from portal.models.letters import Channel
from portal.outside import clock


@click.command()
@click.option("--head", type=End(), help="An end of the history as it was told before: is it still in it?")
@with_appcontext
def check(head: tuple[int, str] | None) -> None:
    """Check settings, database, worker, mandatory texts and history; fails if something is wrong."""
    settings = current_app.config["PORTAL"]
    problems = list(production.problems_of(settings))
    with db.connection_context():
        waiting = migrations.pending(db.obj)
        if waiting:
            problems.append(f"The database lacks migrations: {', '.join(waiting)} (flask migrate).")
        else:
            history = Chain()
            problems += [*_problems_of_database(settings), *history.problems(head, clock.now())]
            click.echo(history.report)
    for problem in problems:
        click.echo(f"- {problem}")
    if problems:
        sys.exit(1)
    click.echo("All is well.")


def _problems_of_database(settings: Settings) -> Iterator[str]:
    operator = Operator.current()
    for name in ("phone", "email", "imprint_text", "privacy_text"):
        if not getattr(operator, name):
            yield f"The operator's {name} is empty."
    last = Round.last_at()
    if last is None or (clock.now() - last).total_seconds() > 120:
        yield "The worker has not finished a round in the last two minutes."
    if retention.overdue(now=clock.now()):
        yield "Closed cases should have been erased a week ago: does the worker come to its end?"
    yield from _people(settings)
    yield from _waiting_letters(settings)


def _people(settings: Settings) -> Iterator[str]:
    if settings.demo:
        return
    for account in Account.open_among(production.DEMO_ADDRESSES):
        yield f"{account.email} is of the demo: everybody knows the password. Close it at /staff/team."
    if not Account.has_admin():
        yield "There is no admin: flask add-staff EMAIL NAME --admin"


def _waiting_letters(settings: Settings) -> Iterator[str]:
    now = clock.now()
    for channel in Channel:
        if Letter.is_overdue(now, channel):
            yield f"A letter has been due for more than half an hour ({channel})."
    for channel, count in Letter.count_given_up().items():
        yield f"{count} letters were given up ({channel}): see the outbox at the desk."
    if not settings.till and Channel.TILL in Letter.waiting():
        yield "PORTAL_TILL is not set, but there is something to ask the tills' back end."
