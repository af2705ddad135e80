"""Are keys made, used and revoked as promised, and is only their hash kept?"""

from datetime import timedelta

import pytest

from portal.actions import keys
from portal.actions.keys import KeyUnfit, NameTaken
from portal.models import ApiKey, History
from portal.rules.keys import Scope, key_hash
from portal.rules.workflow import StepRefused
from tests.builders import NOW, a_staff_member, an_admin, an_owner

LATER = NOW + timedelta(hours=1)


def make(name="Kassenverwaltung", scopes=(Scope.LINKS_READ,), by=None):
    return keys.make(name, scopes, by=by or an_admin(), now=NOW)


def test_the_database_knows_a_hash_and_twelve_characters(database):
    key, secret = make()
    row = ApiKey.select().dicts().get()
    assert secret not in str(row)
    assert (row["key_hash"], row["prefix"]) == (key_hash(secret), secret[:12])
    assert keys.open_with(secret, now=NOW) == key


def test_every_key_is_another_and_long(database):
    made = {make(f"Nr. {number}")[1] for number in range(20)}
    assert len(made) == 20
    assert {len(secret) for secret in made} == {len("portal_") + 43}  # 256 bits


def test_only_admins_make_and_revoke_keys(database):  # rule P1
    key, secret = make()
    for person in (an_owner(), a_staff_member()):
        with pytest.raises(StepRefused):
            make("Andere", by=person)
        with pytest.raises(StepRefused):
            keys.revoke(key, by=person, now=NOW)
    assert keys.open_with(secret, now=NOW) == key
    assert ApiKey.select().count() == 1


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["links:read"]), (" ", ["links:read"]), ("x", []), ("x" * 81, ["links:read"])]
)
def test_a_key_needs_a_name_and_a_use(database, name, scopes):
    with pytest.raises(KeyUnfit):
        make(name, scopes)
    with pytest.raises(ValueError):
        make("x", ["links:write"])
    assert (ApiKey.select().count(), History.select().count()) == (0, 0)


def test_a_name_is_taken_until_its_key_is_revoked(database):
    first, _secret = make()
    with pytest.raises(NameTaken):
        make()
    keys.revoke(first, by=an_admin(), now=NOW)
    make()
    assert ApiKey.in_use().count() == 1


def test_a_revoked_key_stays_revoked_and_says_who_was_first(database):
    key, secret = make()
    first, second = an_admin(), an_admin()
    keys.revoke(key, by=first, now=NOW)
    again = keys.revoke(key, by=second, now=LATER)
    assert (again.revoked_by, again.revoked_at) == (first, NOW)
    assert keys.open_with(secret, now=LATER) is None
    assert [row.what for row in History.select().order_by(History.id)] == ["make_key", "revoke_key"]


def test_history_names_the_key_but_never_shows_it(database):  # rule S
    admin = an_admin()
    key, secret = make(by=admin)
    told = History.get()
    assert (told.account, told.case_id, told.link_id) == (admin, None, None)
    assert told.facts == {"api_key": "Kassenverwaltung", "key_id": key.id, "scopes": ["links:read"]}
    assert secret[12:] not in str(told.facts)


def test_a_clock_that_goes_back_is_noted_too(database):
    _key, secret = make()
    keys.open_with(secret, now=LATER)
    keys.open_with(secret, now=NOW)
    assert ApiKey.get().last_used_at == NOW
