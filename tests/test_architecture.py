"""Do the layers keep to the table, and is the clock asked in one place only?"""

import re

import pytest

from tests import architecture
from tests.architecture import ROOT, layer_of, module_of, template_faults

SOURCES = sorted((ROOT / "portal").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
NOT_PAGES = {"mail", "documents"}


def in_every(folder, look):
    """Return what `look` finds in all modules under portal/`folder`."""
    chosen = [path for path in SOURCES if layer_of(module_of(path)) in folder]
    return [fault for path in chosen for fault in look(path.read_text(encoding="utf-8"), module_of(path))]


def test_every_module_imports_only_what_its_layer_may_know():
    faults = [
        fault
        for path in SOURCES
        for fault in architecture.wrong_imports(
            path.read_text(encoding="utf-8"), module_of(path), path.name == "__init__.py"
        )
    ]
    assert SOURCES
    assert faults == []


def test_only_the_clock_asks_for_the_time():
    everywhere = in_every(architecture.PARTS, architecture.clock_questions)
    assert [fault for fault in everywhere if not fault.startswith("portal.outside.clock:")] == []


def test_the_database_is_never_asked_for_the_time():
    scripts = (ROOT / "portal").rglob("*.sql")
    assert [script.name for script in scripts if architecture.TIME_IN_SQL.search(script.read_text())] == []


def test_rules_models_and_actions_hold_no_text_for_people():
    assert in_every({"rules", "models", "actions"}, architecture.texts_for_people) == []


def test_the_web_neither_writes_to_a_model_nor_builds_a_query():
    assert in_every({"web"}, architecture.database_work) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_keeps_to_the_policy(path):
    is_page = not NOT_PAGES & set(path.relative_to(ROOT / "templates").parts)
    assert template_faults(path.read_text(encoding="utf-8"), is_page=is_page) == []


def test_the_web_never_names_the_vendor():
    sources = [path for path in SOURCES if layer_of(module_of(path)) == "web"]
    assert [
        path.name for path in sources if architecture.VENDOR.search(path.read_text(encoding="utf-8"))
    ] == []


def test_style_sheets_fetch_nothing_from_elsewhere():
    elsewhere = re.compile(r"""(url\(|@import)\s*["']?\s*(https?:)?//""")
    sheets = list((ROOT / "static").rglob("*.css"))
    assert [sheet.name for sheet in sheets if elsewhere.search(sheet.read_text(encoding="utf-8"))] == []


# What follows breaks each promise once and looks whether it is noticed.


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("portal.rules.links", "import peewee"),
        ("portal.rules.links", "from flask import g"),
        ("portal.rules.links", "from portal.models import Case"),
        ("portal.rules.links", "from ..models import Case"),
        ("portal.rules.links", "def late():\n    from portal.outside import clock"),
        ("portal.rules.links", "import importlib\nimportlib.import_module('portal.models')"),
        ("portal.models.cases", "from flask import current_app"),
        ("portal.models.cases", "from flask_login import current_user"),
        ("portal.models.cases", "from portal.actions import cases"),
        ("portal.models.cases", "from portal import outside"),
        ("portal.actions.cases", "from portal.web import labels"),
        ("portal.actions.cases", "from portal.outside import clock"),
        ("portal.actions.cases", "from flask_babel import gettext"),
        ("portal.actions.cases", "import weasyprint"),
        ("portal.outside.pdf", "from portal.rules import numbers"),
        ("portal.outside.pdf", "from flask import render_template"),
        ("portal.web.owner.cases", "from portal.app import create_app"),
        ("portal.web.owner.cases", "from portal import worker"),
        ("portal.web.owner.cases", "from ... import cli"),
        ("portal.actions.cases", "from portal.config import Settings"),
        ("portal.config", "from portal.models import base"),
    ],
)
def test_a_wrong_import_is_caught(module, source):
    assert architecture.wrong_imports(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("portal.rules.numbers", "from stdnum import damm\nfrom portal.rules import berlin\nimport re"),
        ("portal.rules.links", "from . import backups\nfrom .berlin import day_of"),
        ("portal.models.accounts", "from flask_login import UserMixin\nfrom peewee import CharField"),
        ("portal.actions.cases", "from portal.models import Case\nfrom portal.actions import history"),
        ("portal.web.owner.cases", "from flask import request\nfrom portal.outside import clock"),
        ("portal.outside.pdf", "from weasyprint import HTML"),
        ("portal.worker", "from portal.config import Settings\nfrom portal import cli\nimport portal.app"),
    ],
)
def test_a_right_import_passes(module, source):
    assert architecture.wrong_imports(source, module) == []


def test_a_relative_import_in_a_package_is_read_from_the_package_itself():
    assert architecture.wrong_imports("from . import links", "portal.rules", is_package=True) == []
    assert architecture.wrong_imports("from .. import models", "portal.rules", is_package=True)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\ndt.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import time\ntime.time()",
        "from time import time",
        "from datetime import datetime as moment\nmoment.now()",
        "fn.NOW()",
        "column = DateTimeField(default=datetime.now)",
        "db.execute_sql('SELECT CURRENT_TIMESTAMP')",
    ],
)
def test_a_question_for_the_time_is_caught(source):
    assert architecture.clock_questions(source, "portal.web.door")


def test_durations_and_the_clock_itself_may_be_asked():
    fine = "import time\ntime.monotonic()\nclock.now()\nself.now\nmoment.time()\nfrom datetime import time"
    assert architecture.clock_questions(fine, "portal.web.door") == []


def test_a_text_for_people_in_a_deed_is_caught():
    assert architecture.texts_for_people("raise CaseMoved(_('Schon erledigt.'))", "portal.actions.cases")
    assert architecture.texts_for_people("for _ in range(3): pass", "portal.actions.cases") == []


@pytest.mark.parametrize(
    "source",
    [
        "case.save()",
        "Case.create(number='R1')",
        "from portal.models import Case\nCase.update(state='x').execute()",
        "Case.visible_to(account).where(Case.state == 'x')",
        "Case.select()",
        "case.delete_instance()",
    ],
)
def test_database_work_in_a_view_is_caught(source):
    assert architecture.database_work(source, "portal.web.owner.cases")


def test_asking_a_model_its_own_question_is_fine():
    fine = "get_object_or_404(Case.visible_to(current_user), Case.number == case)\nheaders.update(a=1)"
    assert architecture.database_work(fine, "portal.web.owner.cases") == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('<p style="color: red">', "inline style"),
        ("<style>p {}</style>", "inline style"),
        ('<button\n  onclick="x()">', "inline handler"),
        ('<p class="{{ a }}" onload="x()">', "inline handler"),
        ("<script>x()</script>", "inline script"),
        ('<script type="module">x()</script>', "inline script"),
        ('<p hx-on:click="x()">', "hx-on"),
        ("""{{ field(attrs={"hx-on:click": "x()"}) }}""", "hx-on"),
        ("<p hx-vals='js:{a: 1}'>", "script in a value"),
        ('<a href="javascript:x()">', "script in a value"),
        ('<p hx-trigger="click[ctrlKey]">', "trigger filter"),
        ('<img src="https://elsewhere.example/a.png">', "outside address"),
        ('<link href="//elsewhere.example/a.css">', "outside address"),
        ("<p>Ihr JoeCash-Team</p>", "vendor's name"),
    ],
)
def test_a_template_with_a_fault_is_caught(source, fault):
    assert fault in template_faults(source)


@pytest.mark.parametrize(
    "source",
    [
        "{# style= and <script> in a comment #}",
        '{% set once = "x" %}<p class="a">{{ button(one="x") }}</p>',
        '<script src="{{ asset("htmx.js") }}" defer></script>',
        '<a href="{{ operator.url }}">{{ operator.brand }}</a>',
        '<p hx-trigger="every 15s">',
    ],
)
def test_a_good_template_passes(source):
    assert template_faults(source) == []


def test_a_document_may_hold_its_own_style_but_no_vendor():
    assert template_faults("<style>@page {}</style>", is_page=False) == []
    assert template_faults("JoeCash", is_page=False) == ["vendor's name"]
