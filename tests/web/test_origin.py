"""From where something was done: it stands in the history, for this request only (rule S)."""

from portal.actions import history
from portal.models import History
from tests import builders


def test_a_deed_is_written_down_with_the_address_it_came_from(client, staff):  # rule S
    customer = builders.a_customer(name="Salon Sonne")
    page = client.get(f"/staff/customers/{customer.id}/edit", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    client.send(page, {"name": "Salon Mond"}, form="/edit", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    row = History.get(History.what == "change_customer")
    assert (row.account, row.address) == (staff, "192.0.2.7")


def test_the_next_one_on_the_same_thread_does_not_inherit_the_address(client):  # rule S
    client.get("/", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert history.origin.get() == ""
