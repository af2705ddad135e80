"""Has everything that is written into the history words for people?  Found by reading the deeds (rule S)."""

import ast
from collections.abc import Iterator

from portal.rules.links import LINK_STEPS
from portal.rules.workflow import STEPS
from portal.web.staff.past_words import DEEDS, DONE
from tests.architecture import ROOT

PUT_TOGETHER = {"passkey_added", "passkey_removed", "look"} | {
    f"{verb}_{kind}" for verb in ("add", "change") for kind in ("customer", "salon", "device")
}


def calls() -> Iterator[tuple[list[str], str, ast.Call]]:
    """Yield every call with the function around it, [name, *parameters]; private names with their file's."""
    folder = ROOT / "portal"
    for file in [*folder.glob("actions/*.py"), *folder.glob("web/staff/*.py"), folder / "web" / "papers.py"]:
        for around in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(around, ast.FunctionDef):
                home = file.stem
                named = [
                    _full(around.name, home),
                    *(one.arg for one in (*around.args.args, *around.args.kwonlyargs)),
                ]
                for call in (one for one in ast.walk(around) if isinstance(one, ast.Call)):
                    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    yield named, _full(called, home), call


def _full(name: str, home: str) -> str:
    return f"{home}.{name}" if name.startswith("_") else name


def said() -> set[str]:
    """Return every deed named in a call of history.record, or of a function that passes its name on to it."""
    everything, found = list(calls()), set()
    asked = [("record", 1, "what"), ("looked", 1, "what"), ("note", 1, "what")]
    for function, place, name in asked:
        for (around, *parameters), called, call in everything:
            if called != function:
                continue
            given = [one.value for one in call.keywords if one.arg == name] + call.args[place : place + 1]
            for node in [
                part for one in given for part in (one, getattr(one, "body", 0), getattr(one, "orelse", 0))
            ]:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
                if isinstance(node, ast.Name) and node.id in parameters:
                    passed_on = (around, parameters.index(node.id), node.id)
                    asked += [] if passed_on in asked else [passed_on]
    return found


def test_every_deed_that_is_written_down_has_words():  # rule S
    named = said()
    assert {"sign_in", "check_in", "set_password", "make_key", "diagnose"} <= named, "it reads the deeds"
    assert sorted((named | PUT_TOGETHER | STEPS.keys() | LINK_STEPS.keys()) - DONE.keys()) == []


def test_no_deed_belongs_to_two_kinds():
    assert sum(len(deeds) for deeds in DEEDS.values()) == len(DONE)
