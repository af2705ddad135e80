"""Are customers, salons and devices kept so that they are found again?"""

import pytest

from portal.actions import customers
from portal.actions.customers import NumberTaken
from portal.models import Device, db, search
from portal.rules.triage import Origin
from tests.builders import NOW, a_customer, a_device, a_salon


def test_a_salon_is_found_by_the_beginning_of_its_name_in_any_case(database):
    salon = a_salon(name="  Haus   der  SCHÖNHEIT ")
    assert search.salons_named("haus der schön") == [salon]
    assert search.salons_named("der schön") == []


def test_a_salon_is_found_by_its_customers_name(database):
    salon = a_salon(a_customer("Straßburger & Söhne"), name="Kamm in")
    assert search.salons_named("STRASSBURGER") == [salon]


@pytest.mark.parametrize("text", ["100%", "50_", "a\\", "%", "_"])
def test_what_means_something_in_a_pattern_means_itself(database, text):
    meant, other = a_salon(name=f"{text} Haar"), a_salon(name="50x Haar 100 Prozent")
    found = search.salons_named(text)
    assert meant in found
    assert other not in found


@pytest.mark.parametrize("name", ["ß" * 120, "ﬃ" * 120, "İ" * 120, "x" * 120])
def test_a_name_as_long_as_a_name_may_be_can_be_kept(database, name):
    salon = a_salon(a_customer(name), name=name)
    assert search.salons_named(name[:20]) == [salon]


def test_a_customer_number_is_given_once(database):
    a_customer(number="K1")
    with pytest.raises(NumberTaken), db.atomic():
        a_customer(number="K1")


def test_what_is_not_told_of_a_device_is_not_known(database):
    device = customers.add_device(a_salon(), now=NOW)
    found = Device.get_by_id(device.id)
    assert found.origin is Origin.UNKNOWN
    unknown = (found.serial, found.purchased_on, found.delivered_on, found.tse_in_server, found.backup_booked)
    assert unknown == (None, None, None, None, None)


def test_a_serial_number_is_found_whole_or_by_its_beginning_in_any_case(database):
    device = a_device(serial="KS-2025-0417")
    a_device(serial="KS-2024-0417")
    for text in ("KS-2025-0417", "ks-2025-0417", "KS-2025", "ks-2025"):
        assert search.devices_with_serial(text) == [device]


def test_a_serial_number_belongs_to_one_device_and_unknown_ones_to_many(database):
    a_device(serial="KS-1")
    with pytest.raises(NumberTaken), db.atomic():
        a_device(serial="KS-1")
    a_device(serial=None)
    a_device(serial=None)
