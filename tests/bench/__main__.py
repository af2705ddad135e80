"""Measure pages in turn, in one run, and print figures and ratios.

Three servers run side by side: a bare Flask page with one indexed query, the portal with
1,000 cases and the portal with 100,000. Every round asks each of them once, so that a noisy
machine is noisy for all; what counts are the ratios. Ends with 1 if a promise is broken.

    python -m tests.bench [--small 1000] [--large 100000] [--rounds 120]
"""

import argparse
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
LIMIT_RATIO = 1.5  # large against small
LIMIT_SLIP = 40.0  # milliseconds, warm
LIMIT_FILL = 300.0  # seconds
PASSWORD = "demo-passwort-2026"


@dataclass
class Server:
    """A server process of our own, and one browser at it that stays connected."""

    name: str
    port: int
    process: subprocess.Popen
    cookies: dict[str, str] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, *, method: str = "GET", form: dict | None = None, **headers: str):
        """Send one request and return the answer, read to its end."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = urlencode(form) if form else None
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body=body, headers=sent)
        answer = self.connection.getresponse()
        answer.text = answer.read()
        for found in answer.headers.get_all("Set-Cookie", []):
            name, _, value = found.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def measure(self, what: str, path: str, **headers: str) -> None:
        """Ask once and write down how long it took, in milliseconds."""
        started = time.perf_counter()
        answer = self.ask(path, **headers)
        taken = (time.perf_counter() - started) * 1000
        if answer.status not in (200, 303):  # a look-up with one hit leads straight to its case
            raise SystemExit(f"{self.name}: {path} answered {answer.status}")
        self.times.setdefault(what, []).append(taken)

    def sign_in(self, email: str) -> None:
        """Sign in as one of the demo's people."""
        self.send("/sign-in", email=email, password=PASSWORD)
        shown = self.ask("/second-factor")
        if shown.status == 200:  # staff: the demo fills the code in
            code = re.search(r'name="code"[^>]* value="(\d{6})"', shown.text.decode())[1]
            self.send("/second-factor", code=code)

    def send(self, path: str, **form: str) -> None:
        """Send the form of a page, which must lead on."""
        page = self.ask(path).text.decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        if self.ask(path, method="POST", form={"csrf_token": token, **form}).status != 303:
            raise SystemExit(f"{self.name}: signing in failed")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def flask(database: Path, *arguments: str, **options) -> list[str]:
    """Run one of the portal's commands on this database."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(database), check=True, **options)


def environment(database: Path) -> dict[str, str]:
    """Return the portal's settings for a server of this run."""
    folder = database.parent
    return {**os.environ, "PORTAL_DEMO": "1", "PORTAL_DATABASE": f"sqlite:///{database}",
            "PORTAL_MAIL_FOLDER": str(folder / "mail"), "PORTAL_PHOTOS": str(folder / "photos")}  # fmt: skip


def make_database(folder: Path, cases: int) -> tuple[Path, float]:
    """Make a database with demo data and `cases` cases; return it and how long filling took."""
    database = folder / f"{cases}.sqlite3"
    flask(database, "migrate", stdout=subprocess.DEVNULL)
    flask(database, "demo", stdout=subprocess.DEVNULL)
    started = time.perf_counter()
    flask(database, "fill", "--cases", str(cases), stdout=subprocess.DEVNULL)
    return database, time.perf_counter() - started


def start_portal(database: Path) -> Server:
    """Serve the portal on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(database))
    return wait_for(Server(f"portal, {database.stem} cases", port, process))


def start_bare(database: Path) -> Server:
    """Serve the yardstick on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bare", str(database), str(port)]
    return wait_for(Server("bare Flask", port, subprocess.Popen(command, cwd=ROOT)))


def wait_for(server: Server) -> Server:
    """Return the server once it accepts connections."""
    for _try in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return server
        time.sleep(0.1)
    raise SystemExit(f"{server.name} does not answer")


def pick(database: Path) -> dict[str, str]:
    """Return a case of the bulk data in the middle of its way, and its device's serial."""
    with sqlite3.connect(database) as connection:
        number, serial = connection.execute(
            'SELECT c.number, d.serial FROM "case" c JOIN device d ON d.id = c.device_id'
            " WHERE c.state = 'in_repair' AND d.serial LIKE 'F-%' ORDER BY c.id DESC LIMIT 1"
        ).fetchone()
        own = connection.execute(
            'SELECT c.number FROM "case" c JOIN account a ON a.customer_id = c.customer_id'
            " WHERE a.email = 'inhaberin@salon.example' LIMIT 1"
        ).fetchone()[0]
    return {"number": number, "serial": serial, "own": own}


def one_round(bare: Server, portals: list[tuple[Server, Server, dict[str, str]]]) -> None:
    """Ask every server for every page once."""
    bare.measure("case page", f"/{portals[0][2]['number']}")
    for staff, owner, known in portals:
        staff.measure("queue", "/staff/")
        staff.measure("all cases", "/staff/lists/all")
        staff.measure("case page", f"/staff/cases/{known['number']}")
        staff.measure("look-up by number", f"/staff/search?q={known['number']}")
        staff.measure("look-up by serial", f"/staff/search?q={known['serial']}")
        owner.measure("owner's case", f"/cases/{known['own']}")
        owner.measure("slip, over HTTP", f"/cases/{known['own']}/slip.pdf")


def report(bare: Server, small: dict[str, list[float]], large: dict[str, list[float]]) -> list[str]:
    """Print the table; return the promises that were broken."""
    yard = median(bare.times["case page"])
    print(f"\nbare Flask page with one indexed query: {yard:.1f} ms (median)\n")
    print(f"{'page':<20}{'small ms':>10}{'large ms':>10}{'large/small':>13}{'small/bare':>12}")
    broken = []
    for what in small:
        few, many = median(small[what]), median(large[what])
        print(f"{what:<20}{few:>10.1f}{many:>10.1f}{many / few:>13.2f}{few / yard:>12.1f}")
        if many / few > LIMIT_RATIO:
            broken.append(f"{what}: {many / few:.2f} × with many cases, at most {LIMIT_RATIO}")
    return broken


def slips(database: Path, count: int) -> list[str]:
    """Make slips of different cases, print how long one takes, and return a broken promise.

    Judged by the lower quartile: what the machine does to the rest is not ours.
    """
    command = [sys.executable, "-m", "tests.bench.slip", str(count)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database), check=True, capture_output=True, text=True
    )
    times = json.loads(done.stdout)
    quartile = quantiles(times, n=4)[0]
    print(f"\nslip, made in the process: {quartile:.1f} ms (lower quartile), {median(times):.1f} ms (median)")
    return [f"slip: {quartile:.0f} ms, at most {LIMIT_SLIP:.0f}"] if quartile > LIMIT_SLIP else []


def main() -> int:
    """Run the whole measurement."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", type=int, default=1_000)
    options.add_argument("--large", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=120)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        made = [make_database(folder, cases) for cases in (chosen.small, chosen.large)]
        for (database, taken), cases in zip(made, (chosen.small, chosen.large), strict=True):
            size = database.stat().st_size / 2**20
            print(f"filled {cases:>7} cases in {taken:5.1f} s, {size:.0f} MiB")
        servers: list[Server] = []
        try:
            broken = _measure(made, servers, chosen.rounds)
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait(timeout=20)
        broken += slips(made[0][0], chosen.rounds)
    if made[-1][1] > LIMIT_FILL:
        broken.append(f"fill: {made[-1][1]:.0f} s, at most {LIMIT_FILL:.0f}")
    for promise in broken:
        print(f"BROKEN  {promise}")
    print("\nAll promises kept." if not broken else "")
    return 1 if broken else 0


def _measure(made: list[tuple[Path, float]], servers: list[Server], rounds: int) -> list[str]:
    bare = start_bare(made[0][0])
    servers.append(bare)
    portals = []
    for database, _taken in made:
        staff = start_portal(database)
        servers.append(staff)
        owner = Server(staff.name, staff.port, staff.process)
        staff.sign_in("support@portal.example")
        owner.sign_in("inhaberin@salon.example")
        portals.append((staff, owner, pick(database)))
    for _warm in range(10):
        one_round(bare, portals)
    for server in (bare, *(one for staff, owner, _known in portals for one in (staff, owner))):
        server.times.clear()
    for _round in range(rounds):
        one_round(bare, portals)
    (few, few_owner, _), (many, many_owner, _) = portals
    return report(bare, few.times | few_owner.times, many.times | many_owner.times)


if __name__ == "__main__":
    sys.exit(main())
