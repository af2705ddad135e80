"""For machines: is it alive, is it fine, and figures for Prometheus."""

from flask import Blueprint, Response

bp = Blueprint("machines", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer as long as the process can answer at all."""
    return Response("ok\n", mimetype="text/plain")
