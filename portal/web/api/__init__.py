"""The portal for the till's back end: JSON with a bearer key, at /api/v1 (docs/api.md).

One guard for all of it: no key, no answer, whoever is signed in. Only the contract itself is no secret.
"""

from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/api/v1")

from portal.web.api import access, contract, devices, links  # noqa: E402, F401 (they add guard and views)
