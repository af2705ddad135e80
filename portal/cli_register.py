"""`flask import-customers` and `export-customers`: the register as a list, without the pages."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import click
from flask.cli import with_appcontext

from portal.actions import history, imports
from portal.models import ImportRun, whole_register
from portal.models.base import db
from portal.outside import clock
from portal.rules.register import HEADINGS, NoHeader, cells_of
from portal.web.csv_file import written
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
        counts = imports.expected(run)
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


@click.command("export-customers")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def export_customers(file: Path) -> None:
    """Write the customers' list (CSV) that import-customers takes; reading it in again changes nothing."""
    part = file.with_name(f".{file.name}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with db.connection_context(), os.fdopen(opened, "wb") as out:
        history.record(None, "export_register", by=None, at=clock.now())
        for piece in written(list(HEADINGS.values()), map(cells_of, whole_register.lines())):
            out.write(piece)
    part.replace(file)  # complete or not at all; its owner's alone
    click.echo(f"Written: {file}")
