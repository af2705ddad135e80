"""`flask import-customers`: the register from the vendor's own system, without the pages."""

from contextlib import suppress
from typing import BinaryIO

import click
from flask.cli import with_appcontext

from portal.actions import imports
from portal.models import ImportRun
from portal.models.base import db
from portal.outside import clock
from portal.rules.register import NoHeader
from portal.web.staff import register_file


@click.command("import-customers")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@with_appcontext
def import_customers(file: BinaryIO, *, dry_run: bool) -> None:
    """Take over a customers' list (CSV); the same list twice changes nothing the second time."""
    try:
        lines, problems = register_file.read(file.read())
    except (register_file.NotAList, register_file.TooLong, NoHeader) as problem:
        raise click.ClickException(f"{type(problem).__name__}: {problem}") from None
    with db.connection_context():
        run = imports.prepare(lines, problems, file_name=file.name, by=None, now=clock.now())
        for problem in run.problems:
            words = " ".join(filter(None, (problem["column"], problem["wrong"], problem["value"])))
            click.echo(f"line {problem['line']}: {words}", err=True)
        counts = run.expected
        if dry_run:
            imports.drop(run)
        else:
            counts = _take_over(run)
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    click.echo(f"{'Would change' if dry_run else 'Changed'}: {said or 'nothing'}.")


def _take_over(run: ImportRun) -> dict[str, int]:
    """Do it here and now, with a bar to watch; a worker that takes a piece first is only a help."""
    run = imports.start(run, by=None, now=clock.now())
    with click.progressbar(length=run.total, label="Importing") as bar:
        shown = 0
        while shown < run.total:
            with suppress(imports.ImportMoved):
                imports.work(run, now=clock.now())
            done = ImportRun.get_by_id(run.id).done
            bar.update(done - shown)
            shown = done
    return ImportRun.get_by_id(run.id).counts
