"""For machines: is it alive, is it fine, and figures for Prometheus."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from portal.models import Case, Letter, Round, db, desk, migrations
from portal.models.letters import Channel
from portal.outside import clock
from portal.rules.links import OPEN_STATES
from portal.rules.urgency import Harm

WORKER_SILENT_AFTER = timedelta(minutes=2)
ROOM = 100 * 1024 * 1024  # bytes that must be free for database, photos and letters

bp = Blueprint("machines", __name__)
log = structlog.get_logger()

registry = CollectorRegistry()
REQUESTS = Counter("portal_requests", "Requests answered", ["endpoint", "status"], registry=registry)
LETTERS = Gauge("portal_letters", "Letters that are not sent", ["channel", "state"], registry=registry)
OPEN_CASES = Gauge("portal_open_cases", "Cases and links the staff must act on", ["harm"], registry=registry)
LINKS = Gauge("portal_links", "Substitute links that are not over", ["state"], registry=registry)
LINKS_LATE = Gauge("portal_links_late", "Warnings and ends that are overdue", ["what"], registry=registry)


@bp.get("/healthz")
def alive() -> Response:
    """Answer as long as the process can answer at all."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Say of each part whether it is fine: 200 if all are, else 503.

    When the worker's last round was and which letters were given up is told, and that is all: people see
    to those letters, the portal is no less ready.
    """
    found = {name: _asked(name, question) for name, question in QUESTIONS.items()}
    status = 200 if all(part["ok"] for part in found.values()) else 503
    response = jsonify({**found, **_for_information()})
    response.status_code = status
    return response


def _asked(name: str, question: Callable[[], str]) -> dict[str, object]:
    try:
        problem = question()
    except Exception as error:  # whatever stops the answer is the answer: this part is not fine
        log.warning("not ready", part=name, problem=str(error))
        problem = type(error).__name__
    return {"ok": not problem, "problem": problem} if problem else {"ok": True}


def _for_information() -> dict[str, dict[str, object]]:
    try:
        with db.connection_context():
            counts, last = Letter.count_given_up(), Round.last_at()
    except Exception as error:  # said above as the database's part
        log.warning("not ready", part="for information", problem=str(error))
        return {}
    given_up: dict[str, object] = {str(channel): counts.get(channel, 0) for channel in Channel}
    return {"given_up": given_up, "last_round": {"at": last.isoformat() if last else None}}


def _database() -> str:
    with db.connection_context():
        waiting = migrations.pending(db.obj)
    return f"migrations missing: {', '.join(waiting)}" if waiting else ""


def _worker() -> str:
    with db.connection_context():
        last = Round.last_at()
    if last is None:
        return "no round of the worker yet"
    silent = clock.now() - last
    return f"last round {silent.total_seconds():.0f} s ago" if silent > WORKER_SILENT_AFTER else ""


def _overdue(channel: Channel) -> str:
    with db.connection_context():
        overdue = Letter.is_overdue(clock.now(), channel)
    return "a letter has been due for more than 30 minutes" if overdue else ""


def _disk() -> str:
    for name, folder in _folders().items():
        free = shutil.disk_usage(_existing(folder)).free
        if free < ROOM:
            return f"{name}: only {free // 1024 // 1024} MiB free"
    return ""


def _folders() -> dict[str, Path]:
    settings = current_app.config["PORTAL"]
    folders = {"photos": settings.photos}
    database = urlsplit(settings.database)
    if database.scheme == "sqlite":
        folders["database"] = Path(database.path[1:]).parent
    if not settings.smtp:
        folders["letters"] = settings.mail_folder
    return folders


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists already."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())


QUESTIONS: dict[str, Callable[[], str]] = {
    "database": _database,
    "worker": _worker,
    **{str(channel): partial(_overdue, channel) for channel in Channel},
    "disk": _disk,
}


@bp.after_app_request
def count(response: Response) -> Response:
    """Count the answer by endpoint, never by address: addresses hold numbers of cases."""
    REQUESTS.labels(request.endpoint or "none", response.status_code).inc()
    return response


@bp.get("/metrics")
def metrics() -> Response:
    """Give Prometheus the figures; those of the database are asked for now, in six queries."""
    waiting, given_up = Letter.waiting(), Letter.count_given_up()
    for channel in Channel:
        LETTERS.labels(channel, "due").set(waiting[channel].count if channel in waiting else 0)
        LETTERS.labels(channel, "given_up").set(given_up.get(channel, 0))
    links = desk.count_open_links()
    for state in OPEN_STATES:
        LINKS.labels(state).set(links.get(state, 0))
    for what, late in desk.count_late(clock.now()).items():
        LINKS_LATE.labels(what).set(late)
    by_harm = Case.count_by_harm()
    for harm in Harm:
        OPEN_CASES.labels(harm.name.lower()).set(by_harm.get(harm, 0))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
