"""The portal's commands: `flask --app wsgi <command>`."""

import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import click
from email_validator import EmailNotValidError, validate_email
from flask import Flask, current_app
from flask.cli import with_appcontext

from portal import demo as demo_data
from portal import fill as bulk
from portal import worker as worker_process
from portal.actions import accounts
from portal.actions import operator as operators
from portal.cli_accounts import reset_factor
from portal.cli_check import check
from portal.cli_register import export_customers, import_customers
from portal.models import Account, Operator, migrations
from portal.models.base import db
from portal.outside import clock, files, pdf
from portal.rules.signing_in import LONGEST, SHORTEST
from portal.rules.workflow import Role
from portal.web import documents

DUMP, PHOTOS = "database", "photos"  # what is what in a backup
LARGEST_BODY = 200 * 1024 * 1024  # what is larger is cut off at once; less than that gets a calm page


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        migrate, demo, fill, add_staff, reset_factor, import_customers, export_customers, operator, worker,
        serve, check, backup, restore,
    ):  # fmt: skip
        app.cli.add_command(command)


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the present shape."""
    done = migrations.migrate(db.obj)
    click.echo(f"Migrated: {', '.join(done)}" if done else "The database is up to date.")


@click.command()
@with_appcontext
def demo() -> None:
    """Add the demo's customers, devices, cases and accounts; again does nothing."""
    with db.connection_context():
        made = demo_data.make(now=clock.now(), secret=current_app.config["PORTAL"].secret)
    click.echo("Demo data made." if made else "Demo data is there.")


@click.command()
@click.option("--cases", type=click.IntRange(1, 900_000), required=True)
@with_appcontext
def fill(cases: int) -> None:
    """Add many realistic cases, for measuring."""
    started = time.monotonic()
    with db.connection_context():
        rows = bulk.fill(cases, now=clock.now())
    click.echo(f"{cases} cases, {rows} rows in {time.monotonic() - started:.0f} s")


@click.command()
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]...")
@with_appcontext
def operator(values: tuple[str, ...]) -> None:
    """Show who runs the portal, or set fields: phone="02202 12345", imprint_text=@FILE."""
    given = dict(_pair(text) for text in values)
    with db.connection_context():
        try:
            record = operators.change(given, by=None, now=clock.now()) if given else Operator.current()
        except operators.OperatorUnfit as problem:
            raise click.ClickException(str(problem)) from None
        for name in Operator._meta.sorted_field_names[1:]:
            value = getattr(record, name)
            click.echo(f"{name}={'' if value is None else value}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is not FIELD=VALUE")
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text(encoding="utf-8")
        except OSError as problem:
            raise click.UsageError(str(problem)) from None
    return name, value


@click.command("add-staff")
@click.argument("email")
@click.argument("name")
@click.option("--admin", is_flag=True, help="May manage staff and the operator's settings.")
@click.password_option()
@with_appcontext
def add_staff(email: str, name: str, admin: bool, password: str) -> None:
    """Add one of the support team; asks for the password."""
    role = Role.ADMIN if admin else Role.STAFF
    if not 1 <= len(name.strip()) <= Account.name.max_length:
        raise click.BadParameter(f"1 to {Account.name.max_length} characters, please.", param_hint="NAME")
    try:
        address = validate_email(email, check_deliverability=False).normalized
        with db.connection_context():
            accounts.create(address, name.strip(), role, password=password, now=clock.now())
    except EmailNotValidError as problem:
        raise click.BadParameter(str(problem), param_hint="EMAIL") from None
    except accounts.EmailTaken:
        raise click.ClickException("Somebody has this e-mail address already.") from None
    except accounts.PasswordUnfit as problem:
        raise click.ClickException(
            f"The password needs {SHORTEST} to {LONGEST} characters, and must not be a common one"
            f" ({problem.why})."
        ) from None
    click.echo(f"Added {email}.")


@click.command()
@click.option("--once", is_flag=True, help="One round, for cron; ends with 1 and says what did not work.")
@with_appcontext
def worker(once: bool) -> None:
    """End links at their end, warn before it, keep the queue's order, deliver letters."""
    try:
        worker_process.run(current_app._get_current_object(), once=once)
    except worker_process.RoundFailed as problem:
        raise click.ClickException(f"This did not work: {problem}") from None


@click.command()
@click.option("--host", default="127.0.0.1", envvar="HOST")
@click.option("--port", default=8000, envvar="PORT", type=click.IntRange(1, 65535))
@with_appcontext
def serve(host: str, port: int) -> None:
    """Serve the portal with waitress."""
    from waitress import serve as listen

    app = current_app._get_current_object()
    for sheets in (documents.SLIP, documents.PAPERS):  # in the background: the first paper is quick too
        pdf.warm(css=sheets, base=documents.BASE)
    settings = app.config["PORTAL"]
    listen(
        app,
        host=host,
        port=port,
        threads=settings.threads,
        channel_timeout=60,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        clear_untrusted_proxy_headers=not settings.proxies,  # with proxies, create_app counts them
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup(file: Path) -> None:
    """Write database and photos into one .tar.gz, while the portal runs."""
    settings = current_app.config["PORTAL"]
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:  # only its owner can look into it
        dump, written = Path(folder) / "database", Path(folder) / "backup"
        _dump(settings.database, dump)
        with tarfile.open(written, "x:gz") as archive:
            archive.add(dump, DUMP)
            if settings.photos.is_dir():
                archive.add(settings.photos, PHOTOS)
        written.chmod(0o600)
        written.replace(file)  # complete or not at all
    click.echo(f"Written: {file}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.confirmation_option(prompt="This replaces the database and the photos. Go on?")
@with_appcontext
def restore(file: Path) -> None:
    """Put a backup back; stop server and worker first."""
    settings = current_app.config["PORTAL"]
    with tempfile.TemporaryDirectory() as folder:
        _unpack(file, Path(folder))
        _load(settings.database, Path(folder) / DUMP)
        photos = Path(folder) / PHOTOS
        settings.photos.mkdir(parents=True, exist_ok=True)
        for photo in photos.iterdir() if photos.is_dir() else ():
            (settings.photos / photo.name).write_bytes(photo.read_bytes())
    click.echo("Restored.")


def _unpack(file: Path, folder: Path) -> None:
    """Unpack a backup; what is none must not get as far as the database."""
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                _unpack_one(archive, member, folder)
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise click.ClickException(f"{file} is no backup: {problem}") from None
    if not (folder / DUMP).is_file():
        raise click.ClickException(f"{file} is no backup: there is no database in it.")


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack the database or a photo; nothing else in an archive is ours, wherever it wants to go."""
    place = PurePosixPath(member.name)
    is_photo = place.parent.name == PHOTOS and files.NAME.fullmatch(place.name)
    content = archive.extractfile(member) if member.name == DUMP or is_photo else None
    if content is None:
        return
    target = folder / PHOTOS / place.name if is_photo else folder / DUMP
    target.parent.mkdir(exist_ok=True)
    with target.open("wb") as written:
        shutil.copyfileobj(content, written)


def _dump(database: str, target: Path) -> None:
    """Copy the database as of now: SQLite by its own online backup, PostgreSQL by pg_dump."""
    parts = urlsplit(database)
    if parts.scheme == "sqlite":
        _copy_sqlite(parts.path[1:], target)
    else:
        _run("pg_dump", "--format=custom", f"--file={target}", database)


def _load(database: str, dump: Path) -> None:
    parts = urlsplit(database)
    if parts.scheme == "sqlite":
        _copy_sqlite(dump, parts.path[1:])
    else:
        options = ("--clean", "--if-exists", "--single-transaction")
        _run("pg_restore", *options, f"--dbname={database}", str(dump))


def _copy_sqlite(source: Path | str, target: Path | str) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        try:
            if not read.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise click.ClickException("There is nothing in the database to copy.")
            read.backup(written)
        except sqlite3.DatabaseError as problem:
            raise click.ClickException(f"The database could not be copied: {problem}") from None


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True)  # noqa: S603
    except FileNotFoundError:
        raise click.ClickException(f"{command[0]} is missing (Debian package postgresql-client).") from None
    except subprocess.CalledProcessError:
        raise click.ClickException(f"{command[0]} failed; see above.") from None
