"""Does a parcel that nobody announced become one case, checked in and told?  Rules C4, P1a, S3."""

from dataclasses import replace
from functools import partial

import pytest

from portal.actions import parcels
from portal.actions.cases import CaseMoved
from portal.actions.customers import NumberTaken
from portal.actions.parcels import PartRecord
from portal.actions.unknown_parcels import Sender, open_at_desk
from portal.models import Case, Device, Draft, History, Letter, ParcelItem
from portal.rules.parcel import Arrival, Part
from portal.rules.triage import Hold
from portal.rules.workflow import State, StepRefused
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_case_checked_in, a_device, a_salon, a_staff_member, an_owner

STRANGER = Sender("Ada Fremd", "+49220212345", "Salon Fremd", "Weg 1", "51469", "Bergisch Gladbach")
PARTS = (PartRecord(Part.SERVER, serial="KS-FREMD"), PartRecord(Part.POWER_CABLE, Arrival.MISSING))


def opened(sender=STRANGER, *, once="a-key", by=None, **given):
    return open_at_desk(sender, PARTS, once=once, by=by or a_staff_member(), now=NOW, **given)


def events(case):
    return [letter.event for letter in Letter.select().where(Letter.case == case)]


def test_the_parcel_of_a_known_device_becomes_its_case(database):  # rule C4
    device = a_device()
    owner = an_owner(device.salon.customer, language="en")
    case = opened(replace(STRANGER, device=device), fault="Zettel: geht nicht an", storage_place="Regal 1")
    assert (case.state, case.salon, case.device, case.holds) == (State.RECEIVED, device.salon, device, [])
    assert (case.language, case.storage_place, case.received_at) == (owner.language, "Regal 1", NOW)
    assert events(case) == ["parcel_without_report"]
    steps = [row.what for row in History.of_case(case)]
    assert steps == ["open_at_desk", "release", "receive", "check_in"]
    assert ParcelItem.missing_of(case).get().part is Part.POWER_CABLE


def test_a_salons_new_device_is_registered_with_its_serial(database):  # rule C4
    salon = a_salon()
    case = opened(replace(STRANGER, salon=salon))
    assert (case.device.serial, case.device.salon, case.customer) == ("KS-FREMD", salon, salon.customer)


def test_a_strangers_parcel_waits_to_be_identified(database):  # rule P1a
    case = opened()
    assert (case.customer, case.device, case.holds) == (None, None, [Hold.NOT_IDENTIFIED])
    assert (case.return_name, case.contact_phone) == ("Salon Fremd", "+49220212345")
    assert events(case) == []
    later = parcels.arrived_later(ParcelItem.missing_of(case).get(), by=a_staff_member(), now=NOW)
    assert later.arrival is Arrival.ARRIVED


def test_a_serial_that_another_device_has_makes_no_case(database):
    taken = a_device(serial="KS-FREMD")
    with pytest.raises(NumberTaken):
        opened(replace(STRANGER, salon=a_salon()))
    assert (Case.select().count(), Draft.select().count()) == (0, 0)
    assert Device.select().where(Device.serial == taken.serial).count() == 1


def test_the_same_form_sent_twice_makes_one_case(database):  # rule S3
    staff = a_staff_member()
    results = at_once(*[partial(opened, by=staff) for _ in range(2)])
    assert kinds(results) == ["Case", "Case"]
    assert results[0].id == results[1].id
    assert Case.select().count() == 1


def test_two_helpers_with_the_same_device_make_one_case(database):  # rule S3
    sender, staff = replace(STRANGER, device=a_device()), a_staff_member()
    results = at_once(*[partial(opened, sender, once=key, by=staff) for key in "ab"])
    assert kinds(results) == ["Case", "CaseMoved"]
    assert Case.select().count() == 1


def test_a_case_that_was_shown_does_not_stand_in_the_way_a_newer_one_does(database):  # rule S3
    shown = a_case_checked_in()
    sender = replace(STRANGER, device=shown.device)
    with pytest.raises(CaseMoved):
        opened(sender)
    assert opened(sender, seen=shown.id).device == shown.device


def test_owners_open_no_cases_at_the_desk(database):  # rule P1
    with pytest.raises(StepRefused):
        opened(by=an_owner())
