"""Do the tests' own databases keep what they promise?"""

import pytest
from peewee import IntegrityError

from portal.models import Counter, base, db
from portal.models.migrations import pending


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
