"""Is there always somebody left who manages the staff?  Rules P1, S3."""

from functools import partial

from portal.actions import people
from portal.models import Account
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, an_admin


def test_of_two_admins_who_close_each_other_at_once_one_stays(database):  # rules P1, S3
    one, other = an_admin(), an_admin()
    closing = [partial(people.close, a, by=b, now=NOW) for a, b in ((one, other), (other, one))]
    assert kinds(at_once(*closing)) == ["LastAdmin", "NoneType"]
    assert Account.select().where(Account.closed_at.is_null()).count() == 1
