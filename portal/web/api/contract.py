"""The contract as OpenAPI, made from what the views obey; no key needed, a contract is no secret."""

from flask import Response, current_app, json

from portal.web.api import bp
from portal.web.api.document import describe
from portal.web.api.endpoint import endpoint


@bp.get("/openapi.json")
@endpoint(None, answer=None)
def contract() -> Response:
    """Read this contract.

    OpenAPI 3.1. No key is needed.
    """
    made = current_app.extensions.get("api_contract")
    if made is None:
        made = current_app.extensions["api_contract"] = json.dumps(describe(current_app), sort_keys=False)
    return Response(made, content_type="application/json")
