"""Commands of the portal as processes that have loaded it already: to load it takes longer than most tests.

A fork of a process that has nothing but the modules is what `flask --app wsgi …` is a moment after its
start: memory, signals, output and environment of its own.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOADED = ["flask.cli", "waitress", "portal.app", "portal.cli", "portal.worker", "portal.outside.press"]

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload([*LOADED, "tests.forks", "tests.faults.deeds"])


class Forked:
    """One such process; it is asked, told to end and waited for like one of subprocess.Popen."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.args = command
        self._process: Any = forks.Process(target=_flask, args=(command, environment, log), daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit status, or raise subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def send_signal(self, signal_number: int) -> None:
        """Send a signal to it, if it still runs."""
        if self.poll() is None:
            os.kill(self._process.pid, signal_number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (kill -9)."""
        self.send_signal(signal.SIGKILL)


def end_with_the_tests() -> None:
    """Let this forked process end when the tests do, however they end: nothing is left behind."""
    tests = multiprocessing.parent_process()
    assert tests is not None

    def end() -> None:
        tests.join()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=end, daemon=True).start()


def _flask(command: list[str], environment: dict[str, str], log: Path) -> None:
    """Be `flask --app wsgi …`, with this environment and all output in the log."""
    end_with_the_tests()
    with log.open("ab") as output, open(os.devnull, "rb") as nothing:
        for ours, theirs in enumerate((nothing, output, output)):
            os.dup2(theirs.fileno(), ours)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["flask", "--app", "wsgi", *command]
    from flask.cli import main

    main()
