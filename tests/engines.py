"""Real databases for tests: a SQLite file and a PostgreSQL cluster, migrated once, copied per test.

A test that asks for `database` runs on both engines. One that has a good reason to run on one only says
`@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)`.

Pages and journeys reach the database through models and actions, whose own tests run on both engines. So a
test in a folder of SHARED runs on one: every function on always the same, about half of a module's on each.
It runs on both if it is marked `both_engines`, if it asks for `engine` itself, or if PORTAL_TEST_ENGINES is
"both".
"""

import inspect
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import psycopg
import pytest
from peewee import Database

from portal.models import base
from portal.models.migrations import migrate
from tests.needs import lacking

PATIENCE = 60  # seconds: how long anything may take on a slow, busy machine before it counts as broken
PORTS = range(15_000, 32_000)  # below those that Linux gives to whoever connects to somebody
ENGINES = ("sqlite", "postgresql")
SHARED = ("web", "journeys")


class Cluster:
    """A PostgreSQL server of our own in a folder of its own, quick and forgetful."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.version = float(programs.parent.name)
        self.folder = Path(tempfile.mkdtemp(prefix="portal-postgresql-"))
        self.port = free_port()
        self.server: subprocess.Popen | None = None
        self.made = 0

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data, log = self.folder / "data", self.folder / "log"
        initdb = ["initdb", "--pgdata", data, "--no-sync", "--auth=trust", "--username=portal"]
        self._run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"])
        options = ["-k", self.folder, "-h", "127.0.0.1", "-p", str(self.port)]
        for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"):
            options += ["-c", setting]
        command = self._as_postgres(["postgres", "-D", data, *options])
        with log.open("wb") as output:
            self.server = subprocess.Popen(command, stdout=output, stderr=output, cwd=self.folder)
        wait_until(self._answers, f"PostgreSQL ({log})", process=self.server)

    def stop(self) -> None:
        """Stop at once and leave nothing behind."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGQUIT)  # PostgreSQL's "immediate"
            self.server.wait(timeout=PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """Return the address of the database `name` as PORTAL_DATABASE takes it."""
        return f"postgresql://portal@127.0.0.1:{self.port}/{name}"

    def copy(self, template: str) -> str:
        """Make a database like `template` and return its name."""
        self.made += 1
        name = f"test_{self.made}"
        quickest = "STRATEGY FILE_COPY" if self.version >= 15 else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {quickest}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement outside of every test's database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _as_postgres(self, command: list) -> list[str]:
        program, *rest = command
        # PostgreSQL refuses to run as root, and it is to end with us, however we end.
        user = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        return ["setpriv", *user, "--pdeathsig=QUIT", str(self.programs / program), *map(str, rest)]

    def _run(self, command: list) -> None:
        done = subprocess.run(
            self._as_postgres(command), cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def free_port() -> int:
    """Return a port on the loopback address that nobody uses now.

    Whoever gets it may bind it later, or again: no connection of others takes it meanwhile, and that
    another process of the tests picks the same one is unlikely.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(
    happened: Callable[[], bool],
    what: str,
    *,
    process: subprocess.Popen | None = None,
    within: float = PATIENCE,
) -> None:
    """Ask until it happened; TimeoutError after `within` seconds, or when `process` ended before."""
    end = time.monotonic() + within
    pause = 0.01
    while not happened():
        if process is not None and process.poll() is not None:
            raise TimeoutError(f"{what} ended with {process.returncode} before it was ready")
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {within} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


@pytest.hookimpl(tryfirst=True)  # before pytest reads the marks
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test of a page its one engine, as if it had been marked so by hand."""
    if _is_shared(metafunc):
        mark = pytest.mark.parametrize("engine", [engine_of(metafunc.definition.nodeid)], indirect=True)
        metafunc.definition.add_marker(mark)


def engine_of(function: str) -> str:
    """Choose the engine of a test function by its name alone: the same in each run and each process."""
    return ENGINES[crc32(function.encode()) % len(ENGINES)]


def _is_shared(metafunc: pytest.Metafunc) -> bool:
    test = metafunc.definition
    folder = test.path.relative_to(Path(__file__).parent).parts[0]
    is_chosen = "engine" in inspect.signature(metafunc.function).parameters or any(
        "engine" in _names(mark) for mark in test.iter_markers("parametrize")
    )
    wants_both = os.environ.get("PORTAL_TEST_ENGINES") == "both" or test.get_closest_marker("both_engines")
    return folder in SHARED and "engine" in metafunc.fixturenames and not (is_chosen or wants_both)


def _names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    return names.replace(" ", "").split(",") if isinstance(names, str) else list(names)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Name the engine of this test; whoever asks for it runs on each."""
    return request.param


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """Run one PostgreSQL per test process."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if not found:
        lacking("PostgreSQL (Debian package postgresql)")
    cluster = Cluster(found[-1].parent)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_cluster: Cluster) -> str:
    """Name the migrated database that tests on PostgreSQL get a copy of."""
    postgresql_cluster.execute("CREATE DATABASE migrated")
    _migrate(postgresql_cluster.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the migrated file that tests on SQLite get a copy of."""
    file = tmp_path_factory.mktemp("migrated") / "portal.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    opened = base.connect(url)
    migrate(opened)
    opened.close_all()


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a migrated, empty database of this test's own; nothing is connected yet."""
    if engine == "sqlite":
        file = tmp_path / "portal.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
        return
    cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.copy(request.getfixturevalue("migrated_postgresql"))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def empty_database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without a table, for tests of migrations and the first start."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    cluster = request.getfixturevalue("postgresql_cluster")
    name = cluster.copy("template0")
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Connect the models to a migrated, empty database; every test with it runs on both engines."""
    opened = base.connect(database_url)
    opened.connect(reuse_if_open=True)
    yield opened
    opened.close_all()
