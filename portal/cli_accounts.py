"""Commands about people who sign in, for the day on which nobody else can help."""

import click
from flask.cli import with_appcontext

from portal.actions import accounts, second_factor
from portal.models import Account
from portal.models.base import db
from portal.outside import clock


@click.command("reset-factor")
@click.argument("email")
@with_appcontext
def reset_factor(email: str) -> None:
    """Take the second factor from somebody who lost it; they set up a new one as they sign in."""
    with db.connection_context():
        found = Account.get_or_none(Account.email == accounts.normal(email))
        if found is None:
            raise click.ClickException("Nobody has this e-mail address.")
        second_factor.reset(found, by=None, why="flask reset-factor", now=clock.now())
    click.echo(f"{found.email} is signed out, and sets up a new second factor at the next sign-in.")
