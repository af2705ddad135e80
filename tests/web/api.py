"""The till's back end as the API sees it: a key, JSON there and back, and links in every state."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from peewee import Model
from werkzeug.test import TestResponse

from portal.actions import cases, keys, links
from portal.models import Device, History, SubstituteLink
from portal.rules.keys import Scope
from portal.rules.links import Mode
from tests import builders as build
from tests.builders import NOW, SECRET

LATER = NOW + timedelta(hours=3)
"""When the back end calls, unless the test says otherwise."""

READ_OUT_AT = NOW + timedelta(hours=2)
KEY_NAME = "Kassenverwaltung"


def a_key(*scopes: Scope, name: str = KEY_NAME) -> str:
    """Make a key with these scopes, or all, and return it."""
    return keys.make(name, scopes or tuple(Scope), by=build.an_admin(), now=NOW)[1]


class Machine:
    """The back end: calls with its key, and looks whether each answer is what all answers are."""

    def __init__(self, app: Flask, key: str | None) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **query: Any) -> TestResponse:
        """Ask for something."""
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: Any) -> TestResponse:
        """Report something."""
        return self.call("POST", path, json=body)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Call, and look at what every answer must have."""
        headers = {**self.headers, **options.pop("headers", {})}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert not [name for name in answer.headers.to_wsgi_list() if name[0].startswith("Access-Control")]
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.content_type == "application/problem+json"
            assert answer.json["status"] == answer.status_code
            assert {"type", "title", "status", "code"} <= answer.json.keys()
        return answer


def refused(answer: TestResponse) -> tuple[int, str]:
    """Return what an answer that refuses says to a program."""
    return answer.status_code, answer.json["code"]


def text(moment: datetime) -> str:
    """Write a moment as JSON does."""
    return moment.isoformat()


def backups_of(device: Device) -> str:
    """Return where backups of the device are reported."""
    return f"/devices/{device.serial}/backups"


def fresh(row: Model) -> Any:
    """Read the row again."""
    return type(row).get_by_id(row.id)


def told(link: SubstituteLink) -> list[tuple]:
    """Return what the history says of a link, with the keys that did it."""
    return [(row.what, row.account_id, row.facts.get("api_key")) for row in History.of_link(link)]


def a_locked_link(*, at_workshop: bool = True, by_hand: bool = True) -> SubstituteLink:
    """Make an active view-only link whose server was sent in and, unless told otherwise, has arrived."""
    case = build.a_sent_case()
    link = build.a_link_request(case=case, entered_since=True)
    link = build.an_active_link(mode=Mode.VIEW_ONLY, link=link) if by_hand else _by_http(link)
    if at_workshop:
        cases.receive(case, by=build.a_staff_member(), now=NOW + timedelta(hours=1))
    return SubstituteLink.get_by_id(link.id)


def _by_http(link: SubstituteLink) -> SubstituteLink:
    granted = links.grant(
        link, Mode.VIEW_ONLY, days=30, secret=SECRET, by=build.a_staff_member(), now=NOW
    )  # fmt: skip
    return links.activate(
        granted, "https://till.example/7", secret=SECRET, by=None, now=NOW, till_id="T-7"
    )  # fmt: skip
