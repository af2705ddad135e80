"""What a machine is told when something is wrong: problem details as RFC 9457 has them."""

from http import HTTPStatus
from typing import Any

from flask import Response, json, request

PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """The request cannot be answered as asked; `members` join the standard ones."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        code: str = "",
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        """Keep what the answer will say."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.headers = headers or {}
        self.members = members

    def answer(self) -> Response:
        """Return the answer."""
        found = problem(self.status, self.detail, code=self.code, **self.members)
        found.headers.update(self.headers)
        return found


def is_wanted() -> bool:
    """Tell whether the one who asks is a machine that reads problems, not pages."""
    return request.path.startswith(PREFIX)


def problem(status: int, detail: str = "", *, code: str = "", **members: Any) -> Response:
    """Return problem details; `code` is for programs and stays as it is, `detail` is for their authors."""
    title = HTTPStatus(status).phrase
    told = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code or title.lower().replace(" ", "_"),
        **({"detail": detail} if detail else {}),
        **members,
    }
    return Response(json.dumps(told), status=status, content_type=MEDIA_TYPE)
