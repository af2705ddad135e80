"""For machines: is it alive, is it fine, and figures for Prometheus."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from portal.models import Case, Letter, Round, db, migrations
from portal.outside import clock
from portal.rules.urgency import Harm

WORKER_SILENT_AFTER = timedelta(minutes=2)
ROOM = 100 * 1024 * 1024  # bytes that must be free for database, photos and letters

bp = Blueprint("machines", __name__)
log = structlog.get_logger()

registry = CollectorRegistry()
REQUESTS = Counter("portal_requests", "Requests answered", ["endpoint", "status"], registry=registry)
LETTERS = Gauge("portal_letters", "Letters that are not sent", ["state"], registry=registry)
OPEN_CASES = Gauge("portal_open_cases", "Cases and links the staff must act on", ["harm"], registry=registry)


@bp.get("/healthz")
def alive() -> Response:
    """Answer as long as the process can answer at all."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Say of each part whether it is fine: 200 if all are, else 503."""
    found = {name: _asked(question) for name, question in QUESTIONS.items()}
    response = jsonify(found)
    response.status_code = 200 if all(part["ok"] for part in found.values()) else 503
    return response


def _asked(question: Callable[[], str]) -> dict[str, object]:
    try:
        problem = question()
    except Exception as error:  # whatever stops the answer is the answer: this part is not fine
        log.warning("not ready", part=question.__name__, problem=str(error))
        problem = type(error).__name__
    return {"ok": not problem, "problem": problem} if problem else {"ok": True}


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


def _letters() -> str:
    with db.connection_context():
        overdue = Letter.is_overdue(clock.now())
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


QUESTIONS = {"database": _database, "worker": _worker, "letters": _letters, "disk": _disk}


@bp.after_app_request
def count(response: Response) -> Response:
    """Count the answer by endpoint, never by address: addresses hold numbers of cases."""
    REQUESTS.labels(request.endpoint or "none", response.status_code).inc()
    return response


@bp.get("/metrics")
def metrics() -> Response:
    """Give Prometheus the figures; those of the database are asked for now, in four queries."""
    LETTERS.labels("due").set(Letter.count_open())
    LETTERS.labels("given_up").set(Letter.count_given_up())
    by_harm = Case.count_by_harm()
    for harm in Harm:
        OPEN_CASES.labels(harm.name.lower()).set(by_harm.get(harm, 0))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
