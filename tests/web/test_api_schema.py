"""Does the API keep to its own contract, whatever is sent?  schemathesis reads it and tries."""

from datetime import timedelta
from threading import Thread

import pytest
import schemathesis
import time_machine
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.actions import links
from portal.models import SubstituteLink
from tests import builders as build
from tests.builders import NOW
from tests.web.api import LATER, a_key, a_locked_link

PER_OPERATION = 12

# What can have happened. An instant in the future is well formed, but refused: see test_api_readouts.py.
schemathesis.openapi.format(
    "date-time",
    st.integers(0, int((LATER - NOW).total_seconds())).map(
        lambda seconds: (NOW + timedelta(seconds=seconds)).isoformat()
    ),
)


@pytest.fixture
def devices(app):
    """Make links in every state, so that whatever is asked for finds something."""
    asked, locked, away = build.a_link_request(), a_locked_link(), a_locked_link(at_workshop=False)
    full = build.an_active_link()
    over = links.withdraw(build.an_active_link(), by=build.an_owner(), now=NOW)
    more = [a_locked_link(by_hand=False) for _number in range(3)]
    return [link.device.serial for link in (asked, locked, away, full, over, *more)]


def configured(key):
    """Return how to try: with everything there is, the same every time, and not for long."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 7,
            "continue-on-failure": True,
            # No answer's instants are sent back as reports: a link's end lies in the future, and is refused.
            "phases": {
                "fuzzing": {"extra-data-sources": {"responses": False}},
                "stateful": {"max-steps": 4},
            },
            "auth": {"openapi": {"key": {"bearer": key}}},
            "generation": {
                "max-examples": PER_OPERATION, "deterministic": True, "no-shrink": True, "database": "none",
            },
        }
    )  # fmt: skip


def aim(schema, serials):
    """Let well-formed calls meet links and devices that there are."""

    @schema.hook
    def map_case(_context, case):
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return case
        chance = len(str(case.body)) + len(str(case.path_parameters))
        if isinstance(case.path_parameters.get("link"), int):
            case.path_parameters["link"] = 1 + (case.path_parameters["link"] + chance) % (len(serials) + 1)
        if "serial" in case.path_parameters:
            case.path_parameters["serial"] = serials[chance % len(serials)]
        return case


class Quiet(WSGIRequestHandler):
    """Serves, and says nothing."""

    def log(self, *_given):
        return


@pytest.fixture
def address(app):
    """Serve the portal from a thread: handed the app itself, schemathesis 4.32 trips over its own options."""
    server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/v1/openapi.json"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_whatever_is_sent_the_api_keeps_its_contract(address, devices):
    schema = schemathesis.openapi.from_url(address, config=configured(a_key()))
    aim(schema, devices)
    answered: dict[str, set[int]] = {}
    failures = []
    with time_machine.travel(LATER, tick=False):
        for event in from_schema(schema).execute():
            if isinstance(event, events.NonFatalError | events.FatalError):
                failures.append(str(getattr(event, "info", event)))
            if isinstance(event, events.ScenarioFinished):
                failures += told(event.recorder, answered)
    assert not failures, "\n\n".join(dict.fromkeys(failures))
    assert answered.keys() >= {operation.ok().label for operation in schema.get_all_operations()}
    for label, statuses in answered.items():
        assert 200 in statuses, f"{label} was never answered well: {sorted(statuses)}"
    assert SubstituteLink.select().where(SubstituteLink.lock_lifted_at.is_null(False)).exists()


def told(recorder, answered):
    """Note what was answered, and return what was wrong with it."""
    for id, exchange in recorder.interactions.items():
        if exchange.response is not None and id in recorder.cases:
            label = recorder.cases[id].value.operation.label
            answered.setdefault(label, set()).add(exchange.response.status_code)
    return [
        f"{recorder.label}: {check.name}: {check.failure_info.failure.title}: "
        f"{check.failure_info.failure.message}\n{check.failure_info.code_sample}"
        for checks in recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]
