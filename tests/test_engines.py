"""Do the tests' own databases keep what they promise?"""

import os
import subprocess
import sys

import pytest
from peewee import IntegrityError

from portal.models import Counter, base, db
from portal.models.migrations import pending
from tests.engines import ENGINES, engine_of
from tests.servers import ROOT

SEARCH = "tests/web/test_staff_search.py"


def test_a_test_gets_a_migrated_database_of_its_engine(database, engine):
    assert pending(database) == []
    assert base.is_sqlite() == (engine == "sqlite")


@pytest.mark.parametrize("_turn", [1, 2])
def test_what_one_test_wrote_no_other_test_sees(database, _turn):
    assert Counter.select().count() == 0
    Counter.insert(year=2026, last=1).execute()


def test_the_databases_refuse_what_they_must(database):
    Counter.insert(year=2026, last=1).execute()
    with pytest.raises(IntegrityError), db.atomic():
        Counter.insert(year=2026, last=1).execute()


def test_an_empty_database_lacks_every_table(empty_database_url):
    opened = base.connect(empty_database_url)
    with opened.connection_context():
        assert opened.get_tables() == []
    opened.close_all()


@pytest.mark.parametrize("wanted", ["each its own", "both"])
def test_a_test_of_pages_runs_on_the_engine_of_its_name_unless_both_are_wanted(wanted):
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", SEARCH]
    environment = {**os.environ, "PORTAL_TEST_ENGINES": wanted}
    listed = subprocess.run(
        collect, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    plain, marked = f"{SEARCH}::test_a_mistyped_number_is_told", f"{SEARCH}::test_the_phone_of_the_contact"
    own = [engine_of(plain)] if wanted != "both" else ENGINES
    assert [engine for engine in ENGINES if f"{plain}[{engine}]" in listed] == list(own)
    assert [engine for engine in ENGINES if f"{marked}_is_found_too[{engine}]" in listed] == list(ENGINES)


def test_pages_are_shared_between_the_engines_by_their_names():
    chosen = [engine_of(f"tests/web/test_door.py::test_{number}") for number in range(200)]
    assert 80 < chosen.count("sqlite") < 120
    assert set(chosen) == set(ENGINES)
