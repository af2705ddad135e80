"""Does the database itself keep what the rules say of a link, whoever writes?  Rules L1–L3, L5, L6."""

from datetime import timedelta
from itertools import product

import pytest
from peewee import IntegrityError

from portal.actions import link_steps, links
from portal.models import SubstituteLink, db
from portal.rules.links import Ending, LinkState, Mode
from tests.builders import NOW, a_device, a_link_request, a_staff_member, an_active_link

LATER = "2027-11-21T09:14:00.000000Z"


MOMENT = "2026-11-21T09:14:00.000000Z"


def a_link_that_is_over(how: str) -> SubstituteLink:
    """Make a link and end it in one of the four ways."""
    staff = a_staff_member()
    if how == "refused":
        return links.refuse(a_link_request(), "Kein Backup", by=staff, now=NOW)
    if how == "withdrawn":
        link = a_link_request()
        return links.withdraw(link, by=link.requester, now=NOW)
    active = an_active_link(days=1)
    if how == "deleted":
        return links.delete(active, "Doppelt", by=staff, now=NOW)
    return link_steps.expire(active, now=NOW + timedelta(days=1))


def attacks(link: SubstituteLink) -> list[str]:
    """Return every combination of columns that could make the link open again."""
    columns = [
        ("state = 'active'", "state = 'requested'"),
        ("", "open_device = device_id", "open_device = NULL"),
        ("", "ending = NULL, ended_at = NULL"),
        ("", f"activated_at = '{LATER[:3]}6{LATER[4:]}', ends_at = '{LATER}'"),
        ("", "mode = 'view_only', days = 30", "mode = 'full', complete = true"),
        ("", "generation = generation + 1", "refusal = '', decided_at = NULL, decided_by_id = NULL"),
    ]
    return [
        f"UPDATE substitute_link SET {', '.join(filter(None, chosen))} WHERE id = {link.id}"
        for chosen in product(*columns)
    ]


def refused(statement: str) -> bool:
    """Tell whether the database refuses the statement."""
    try:
        with db.atomic():
            db.execute_sql(statement)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize("how", ["refused", "withdrawn", "deleted", "expired"])
def test_no_combination_of_columns_opens_a_link_again(database, how):  # rule L3
    link = a_link_that_is_over(how)
    before = SubstituteLink.select().dicts().get()
    let_through = [statement for statement in attacks(link) if not refused(statement)]
    assert let_through == []
    assert SubstituteLink.select().dicts().get() == before


@pytest.mark.parametrize("how", ["refused", "expired"])
def test_an_open_device_alone_does_not_open_a_link_again(database, how):  # rule L3
    link = a_link_that_is_over(how)
    assert refused(f"UPDATE substitute_link SET open_device = device_id WHERE id = {link.id}")
    other = "ended" if how == "refused" else "refused"
    assert refused(f"UPDATE substitute_link SET state = '{other}' WHERE id = {link.id}")


def test_an_upsert_does_not_open_a_link_again(database):  # rule L3
    link = a_link_that_is_over("expired")
    names = ", ".join(field.column_name for field in SubstituteLink._meta.sorted_fields)
    upsert = (
        f"INSERT INTO substitute_link ({names}) SELECT {names} FROM substitute_link WHERE id = {link.id}"
        " ON CONFLICT (id) DO UPDATE SET state = 'active', open_device = substitute_link.device_id"
    )
    assert refused(upsert)
    assert SubstituteLink.get().state is LinkState.ENDED


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_replacing_does_not_open_a_link_again_on_sqlite(database, engine):  # rule L3
    link = a_link_that_is_over("expired")
    # Without a history the foreign keys would not hold it either.
    for table in ("seal", "history"):
        database.execute_sql(f"DROP TRIGGER {table}_is_not_deleted")
        database.execute_sql(f"DELETE FROM {table}")
    names = [field.column_name for field in SubstituteLink._meta.sorted_fields]
    forged = {"state": "'active'", "open_device": "device_id", "ends_at": f"'{LATER}'"}
    columns = ", ".join(forged.get(name, name) for name in names)
    copy = f"SELECT {columns} FROM substitute_link WHERE id = {link.id}"
    assert refused(f"INSERT OR REPLACE INTO substitute_link ({', '.join(names)}) {copy}")
    other = an_active_link()
    assert refused(f"UPDATE OR REPLACE substitute_link SET id = {link.id} WHERE id = {other.id}")
    assert SubstituteLink.get_by_id(link.id).state is LinkState.ENDED


@pytest.mark.parametrize("how", ["refused", "withdrawn", "deleted", "expired"])
def test_a_link_is_never_erased(database, how):  # rule L3
    link = a_link_that_is_over(how)
    assert refused(f"DELETE FROM substitute_link WHERE id = {link.id}")
    assert refused("DELETE FROM substitute_link")
    assert SubstituteLink.select().count() == 1


@pytest.mark.parametrize(
    "change",
    [
        f"ends_at = '{LATER}'",
        "ends_at = NULL",
        "activated_at = NULL",
        "activated_at = '2026-11-22T09:14:00.000000Z'",
        f"activated_at = '2026-11-22T09:14:00.000000Z', ends_at = '{LATER}'",
        f"lock_lifted_at = '2026-11-22T09:14:00.000000Z', ends_at = '{LATER}'",  # L6
        "state = 'requested', activated_at = NULL, ends_at = NULL",
    ],
)
def test_start_and_end_of_a_link_are_fixed(database, change):  # rule L2, rule L6
    link = an_active_link(days=7)
    assert refused(f"UPDATE substitute_link SET {change} WHERE id = {link.id}")
    found = SubstituteLink.get_by_id(link.id)
    assert (found.activated_at, found.ends_at) == (NOW, NOW + timedelta(days=7))


def test_lifting_the_lock_leaves_the_end_where_it_is(database):  # rule L6
    link = an_active_link(mode=Mode.VIEW_ONLY, days=7)
    lifted = {"mode": Mode.FULL, "lock_lifted_at": NOW, "read_out_at": NOW, "loaded_at": NOW}
    SubstituteLink.update(lifted).where(SubstituteLink.id == link.id).execute()
    assert SubstituteLink.get_by_id(link.id).ends_at == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    "changes",
    [
        f"mode = 'full', lock_lifted_at = '{MOMENT}'",
        f"mode = 'full', lock_lifted_at = '{MOMENT}', read_out_at = '{MOMENT}'",
        f"mode = 'full', lock_lifted_at = '{MOMENT}', loaded_at = '{MOMENT}'",
        "mode = 'full'",
        "mode = 'full', complete = true",
    ],
)
def test_no_lock_is_lifted_without_read_out_and_loading_in_the_database_too(database, changes):  # rule L6
    link = an_active_link(mode=Mode.VIEW_ONLY)
    assert refused(f"UPDATE substitute_link SET {changes} WHERE id = {link.id}")


@pytest.mark.parametrize("state", ["requested", "granted", "refused"])
def test_an_active_link_never_goes_back_in_the_database_too(database, state):  # rule L3
    link = an_active_link()
    assert refused(f"UPDATE substitute_link SET state = '{state}' WHERE id = {link.id}")


@pytest.mark.parametrize("state", ["requested", "refused"])
def test_a_granted_link_never_goes_back_in_the_database_too(database, state):  # rule L3
    link = a_link_request()
    assert not refused(f"UPDATE substitute_link SET state = 'granted' WHERE id = {link.id}")
    assert refused(f"UPDATE substitute_link SET state = '{state}' WHERE id = {link.id}")


@pytest.mark.parametrize("days", ["0", "31", "-1", "1000"])
def test_a_link_lasts_one_to_thirty_days_in_the_database_too(database, days):  # rule L2
    assert refused(f"UPDATE substitute_link SET days = {days} WHERE id = {a_link_request().id}")


@pytest.mark.parametrize("end", ["2026-12-21T09:14:01.000000Z", "2027-01-21T09:14:00.000000Z"])
def test_no_link_is_active_for_longer_than_thirty_days_in_the_database_too(database, end):  # rule L2
    link = a_link_request()
    start = "2026-11-21T09:14:00.000000Z"
    active = f"state = 'active', mode = 'view_only', days = 30, activated_at = '{start}'"
    assert refused(f"UPDATE substitute_link SET {active}, ends_at = '{end}' WHERE id = {link.id}")
    assert not refused(
        f"UPDATE substitute_link SET {active}, ends_at = '2026-12-21T09:14:00.000000Z' WHERE id = {link.id}"
    )


@pytest.mark.parametrize("complete", ["NULL", "false"])
def test_a_full_link_without_complete_data_is_refused(database, complete):  # rule L5
    link = a_link_request()
    assert refused(f"UPDATE substitute_link SET mode = 'full', complete = {complete} WHERE id = {link.id}")
    assert not refused(f"UPDATE substitute_link SET mode = 'full', complete = true WHERE id = {link.id}")
    assert refused(f"UPDATE substitute_link SET complete = {complete} WHERE id = {link.id}")


@pytest.mark.parametrize("missing", ["activated_at", "ends_at", "mode", "days"])
def test_no_link_is_active_without_start_end_duration_and_kind(database, missing):  # rule L2
    link = a_link_request()
    given = {
        "activated_at": "'2026-11-21T09:14:00.000000Z'",
        "ends_at": "'2026-11-22T09:14:00.000000Z'",
        "mode": "'view_only'",
        "days": "1",
    }
    given[missing] = "NULL"
    changes = ", ".join(f"{name} = {value}" for name, value in given.items())
    assert refused(f"UPDATE substitute_link SET state = 'active', {changes} WHERE id = {link.id}")


def test_no_link_ends_before_it_starts(database):  # rule L2
    link = a_link_request()
    at = "'2026-11-21T09:14:00.000000Z'"
    change = f"state = 'active', mode = 'view_only', days = 1, activated_at = {at}, ends_at = {at}"
    assert refused(f"UPDATE substitute_link SET {change} WHERE id = {link.id}")


def test_a_device_has_one_open_link_in_the_database_too(database):  # rule L1
    device = a_device()
    first = a_link_request(device)
    names = [field.column_name for field in SubstituteLink._meta.sorted_fields if field.name != "id"]
    copy = f"SELECT {', '.join(names)} FROM substitute_link WHERE id = {first.id}"
    assert refused(f"INSERT INTO substitute_link ({', '.join(names)}) {copy}")
    for state in ("'requested'", "'active'"):  # open, but not counted as such
        values = ", ".join({"open_device": "NULL", "state": state}.get(name, name) for name in names)
        copy = f"SELECT {values} FROM substitute_link WHERE id = {first.id}"
        assert refused(f"INSERT INTO substitute_link ({', '.join(names)}) {copy}")
    assert refused(f"UPDATE substitute_link SET open_device = NULL WHERE id = {first.id}")
    assert refused(f"UPDATE substitute_link SET open_device = {device.id + 1} WHERE id = {first.id}")
    assert SubstituteLink.select().count() == 1


def test_a_link_that_is_over_leaves_its_device_free(database):  # rule L1, rule L3
    device = a_device()
    first = a_link_request(device)
    links.withdraw(first, by=first.requester, now=NOW)
    second = a_link_request(device)
    assert SubstituteLink.open_for(device) == second
    assert [link.id for link in SubstituteLink.earlier_of(second)] == [first.id]


def test_an_ended_link_says_when_and_how(database):
    link = an_active_link()
    assert refused(f"UPDATE substitute_link SET state = 'ended', open_device = NULL WHERE id = {link.id}")
    columns = {"state": LinkState.ENDED, "open_device": None, "ended_at": NOW, "ending": Ending.DELETED}
    assert SubstituteLink.update(columns).where(SubstituteLink.id == link.id).execute()
