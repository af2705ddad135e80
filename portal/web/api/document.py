"""Describe the API as OpenAPI 3.1, from its routes, its views' docstrings and the models they obey.

A view without a contract cannot be described: then there is no document, and the tests say so.
"""

import inspect
import re
from typing import Any

from flask import Flask
from pydantic.json_schema import GenerateJsonSchema
from werkzeug.routing import Rule

from portal.models import Device
from portal.web.addresses import LARGEST_ID
from portal.web.api.bodies import SCOPES, CaseEvent, LinkEvent, ProblemDetails
from portal.web.api.endpoint import Contract
from portal.web.api.problems import MEDIA_TYPE

REFS = "#/components/schemas/{model}"
JSON = "application/json"
TEXTS = {
    400: "The body is no JSON.",
    401: "No key, or none that is in use.",
    403: "The key lacks the scope.",
    404: "There is no such thing.",
    409: "It does not fit how things stand; the link's present state is in `link`.",
    413: "The body is too large: more than 16 KiB.",
    415: "The body is not sent as application/json.",
    422: "A value is not as it must be; `errors` says which and why.",
    429: "The key asks too often. `Retry-After` says when there is room again.",
    500: "Something is broken here. It has been noted.",
    503: "Busy for the moment. `Retry-After` says when to ask again.",
}
HEADERS = {401: "WWW-Authenticate", 403: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
PATH_SCHEMAS = {
    "id": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    "": {"type": "string", "minLength": 1, "maxLength": Device.serial.max_length},
}


def describe(app: Flask) -> dict[str, Any]:
    """Return the whole document."""
    schemas = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(_rules(app), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        operation = _operation(rule, view, view.contract, schemas)  # type: ignore[attr-defined]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path_of(rule), {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portal for substitute tills",
            "version": "1",
            "description": "For the back end of the tills behind substitute links. See docs/api.md.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "webhooks": {"link": _webhook(LinkEvent, schemas), "case": _webhook(CaseEvent, schemas)},
        "components": {
            "responses": _problems(schemas),
            "schemas": schemas.found(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
    }


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]


def path_of(rule: Rule) -> str:
    """Return a route as OpenAPI writes it: /links/{link}."""
    return ARGUMENT.sub(r"{\2}", rule.rule)


class _Schemas:
    """Collects the models' schemas; what is used twice is written once."""

    def __init__(self) -> None:
        self._defs: dict[str, Any] = {}

    def add(self, core: Any, mode: str) -> dict[str, Any]:
        """Return the schema, or the reference, under which a model can be found."""
        made = GenerateJsonSchema(by_alias=True, ref_template=REFS).generate(core, mode)  # type: ignore[arg-type]
        self._defs.update(made.pop("$defs", {}))
        name = made.get("title")
        if made.get("type") != "object" or not name:
            return made
        self._defs[name] = made
        return {"$ref": REFS.format(model=name)}

    def found(self) -> dict[str, Any]:
        """Return everything that was referred to, in the order of names."""
        return dict(sorted(self._defs.items()))


def _operation(rule: Rule, view: Any, contract: Contract, schemas: _Schemas) -> dict[str, Any]:
    summary, _, rest = inspect.cleandoc(view.__doc__).partition("\n")
    parameters = [_path_parameter(kind, name) for kind, name in ARGUMENT.findall(rule.rule)]
    parameters += _query_parameters(contract, schemas)
    made: dict[str, Any] = {
        "operationId": rule.endpoint.partition(".")[2],
        "summary": summary.removesuffix("."),
        "description": " ".join(rest.split()),
        "security": [{"key": [contract.scope]}] if contract.scope else [],
        "responses": _responses(contract, schemas),
    }
    if parameters:
        made["parameters"] = parameters
    if contract.body is not None:
        schema = schemas.add(contract.body.core_schema, "validation")
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return made


def _path_parameter(kind: str, name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS[kind]}


def _query_parameters(contract: Contract, schemas: _Schemas) -> list[dict[str, Any]]:
    if contract.query is None:
        return []
    made = GenerateJsonSchema(ref_template=REFS).generate(contract.query.__pydantic_core_schema__)
    schemas._defs.update(made.get("$defs", {}))
    return [_query_parameter(name, dict(schema)) for name, schema in made["properties"].items()]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Describe one value of the query; what may be left out is left out, there is no null in an address."""
    described = {"name": name, "in": "query", "required": False, "description": schema.pop("description", "")}
    choices = [one for one in schema.pop("anyOf", []) if one.get("type") != "null"]
    if choices:
        schema = choices[0]
    schema.pop("title", None)
    return {**described, "schema": schema}


def _responses(contract: Contract, schemas: _Schemas) -> dict[str, Any]:
    codes = {*contract.refusals, 500, 503}
    if contract.scope:
        codes |= {401, 403, 429}
    if contract.query:
        codes.add(422)
    if contract.body:
        codes |= {400, 413, 415, 422}
    schema: dict[str, Any] = {"type": "object"}
    if contract.answer:
        schema = schemas.add(contract.answer.__pydantic_core_schema__, "serialization")
    made: dict[str, Any] = {"200": {"description": "Done.", "content": {JSON: {"schema": schema}}}}
    return made | {str(code): {"$ref": f"#/components/responses/Problem{code}"} for code in sorted(codes)}


def _problems(schemas: _Schemas) -> dict[str, Any]:
    """Describe each problem once; the operations refer to it."""
    problem = schemas.add(ProblemDetails.__pydantic_core_schema__, "serialization")
    made: dict[str, Any] = {
        f"Problem{code}": {"description": text, "content": {MEDIA_TYPE: {"schema": problem}}}
        for code, text in TEXTS.items()
    }
    for code, name in HEADERS.items():
        made[f"Problem{code}"]["headers"] = {name: {"schema": {"type": "string"}, "required": True}}
    return made


def _webhook(event: Any, schemas: _Schemas) -> dict[str, Any]:
    schema = schemas.add(event.__pydantic_core_schema__, "serialization")
    summary = inspect.cleandoc(event.__doc__)
    return {
        "post": {
            "operationId": f"webhook_{event.__name__}",
            "summary": summary.removesuffix("."),
            "description": "Signed as Standard Webhooks are. Answer 2xx in 10 seconds, or it comes again.",
            "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
            "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Send nothing more."}},
        }
    }


def _scopes() -> str:
    return "Scopes: " + " ".join(f"`{scope}` {text}" for scope, text in SCOPES.items())
