"""What an address of the API takes and gives, said once: it is obeyed here and described in `document`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, request
from pydantic import BaseModel, TypeAdapter, ValidationError

from portal.rules.keys import Scope
from portal.web.api.access import require
from portal.web.api.problems import Problem


@dataclass(frozen=True)
class Contract:
    """The promise of one address: who may, with what, to be answered how."""

    scope: Scope | None
    answer: type[BaseModel] | None
    body: TypeAdapter | None
    query: type[BaseModel] | None
    refusals: tuple[int, ...]


def endpoint(
    scope: Scope | None,
    *,
    answer: type[BaseModel] | None,
    body: TypeAdapter | None = None,
    query: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Give the view `body` and `query` as their models read them, and check its answer by its own.

    `refusals` are the statuses of problems that the view itself raises; the others follow from the rest.
    """
    promised = Contract(scope, answer, body, query, refusals)

    def keep(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def kept(**given: Any) -> Response:
            if scope is not None:
                require(scope)
            if query is not None:
                given["query"] = _read_query(query)
            if body is not None:
                given["body"] = _read_body(body)
            return _answered(view(**given))

        kept.contract = promised  # type: ignore[attr-defined]
        return kept

    return keep


def _read_query(model: type[BaseModel]) -> BaseModel:
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if len(values) > 1:
            raise _unfit([{"where": name, "problem": "Given more than once"}])
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise _unfit(_mistakes(error)) from error


def _read_body(wanted: TypeAdapter) -> Any:
    if request.mimetype != "application/json":
        raise Problem(415, "Send application/json.")
    try:
        return wanted.validate_json(request.get_data())
    except ValidationError as error:
        if any(one["type"] == "json_invalid" for one in error.errors(include_url=False)):
            raise Problem(400, "The body is no JSON.", code="no_json") from error
        raise _unfit(_mistakes(error)) from error


def _mistakes(error: ValidationError) -> list[dict[str, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"where": _where(one["type"], one["loc"]), "problem": one["msg"]} for one in found]


def _where(kind: str, place: tuple[int | str, ...]) -> str:
    """Name the value as the caller does: bodies are flat, what stands before it is our name of a choice."""
    return "" if kind == "model_type" or not place else str(place[-1])


def _unfit(mistakes: list[dict[str, str]]) -> Problem:
    return Problem(422, "Some of it is not as it must be; see errors.", code="unfit", errors=mistakes)


def unfit(where: str, code: str, detail: str) -> Problem:
    """Return the problem of one value that is well formed and still cannot be."""
    return Problem(422, detail, code=code, errors=[{"where": where, "problem": detail}])


def _answered(found: Any) -> Response:
    if isinstance(found, Response):
        return found
    return Response(found.model_dump_json(), content_type="application/json")
