"""Is a customers' list taken over once, wholly, and without undoing what is known?"""

from datetime import date

import pytest

from portal.actions import imports
from portal.models import Customer, Device, ImportRun, Salon
from portal.models.imports import ImportState
from portal.rules.register import Line, Wrong
from portal.rules.triage import Origin
from tests.actions.parallel import at_once, kinds
from tests.builders import NOW, a_customer, a_device, a_salon


def a_line(number=2, **values) -> Line:
    given = {
        "customer_number": "K1", "customer_name": "Haarwerk GmbH", "salon_name": "Süd", "street": "Weg 1",
        "postal_code": "50667", "city": "Köln", "serial": f"KS-{number}", **values,
    }  # fmt: skip
    return Line(number, **given)


def prepared(*lines) -> ImportRun:
    return imports.prepare(lines, [], file_name="kunden.csv", by=None, now=NOW)


def taken(*lines) -> ImportRun:
    run = imports.start(prepared(*lines), by=None, now=NOW)
    while imports.work(run, now=NOW):
        pass
    return ImportRun.get_by_id(run.id)


def test_a_list_makes_each_customer_salon_and_device_once(database):
    lines = [a_line(n, customer_number=f"K{n % 3}", salon_name=f"Salon {n % 6}") for n in range(2, 40)]
    run = taken(*lines)
    assert run.counts == {"customers_new": 3, "salons_new": 6, "devices_new": 38}
    assert run.counts == run.expected
    assert (Customer.select().count(), Salon.select().count(), Device.select().count()) == (3, 6, 38)
    assert (run.state, run.done, run.lines) == (ImportState.DONE, 38, [])


def test_the_same_list_again_changes_nothing(database):
    lines = [a_line(n, purchased_on=date(2023, 5, 2), backup_booked=True) for n in range(2, 20)]
    taken(*lines)
    assert taken(*lines).counts == {}


def test_what_a_line_leaves_open_is_not_wiped_out(database):
    salon = a_salon(a_customer("Haarwerk GmbH", number="K1"), "Süd")
    device = a_device(salon, serial="KS-2", tse_in_server=True, backup_booked=True)
    taken(a_line(2, street="Neuer Weg 2", delivered_on=date(2025, 5, 9), origin=Origin.ELSEWHERE))
    device, salon = Device.get_by_id(device.id), Salon.get_by_id(salon.id)
    assert (device.tse_in_server, device.backup_booked, device.purchased_on) == (True, True, date(2025, 5, 2))
    assert (device.delivered_on, device.origin) == (date(2025, 5, 9), Origin.ELSEWHERE)
    assert (salon.street, salon.phone) == ("Neuer Weg 2", "+49220212345")


def test_a_device_moves_within_its_customer_but_never_to_another(database):  # rule P1
    customer = a_customer("Haarwerk GmbH", number="K1")
    a_device(a_salon(customer, "Nord"), serial="KS-2")
    a_device(serial="KS-3")
    run = taken(a_line(2), a_line(3))
    assert Device.get(Device.serial == "KS-2").salon.name == "Süd"
    assert [problem["wrong"] for problem in run.problems] == [Wrong.ELSEWHERE]
    assert Device.get(Device.serial == "KS-3").salon.customer != customer


def test_a_serial_that_stands_twice_counts_once(database):
    run = prepared(
        a_line(2, serial="KS-1"), a_line(3, serial="KS-1"), a_line(4, serial=""), a_line(5, serial="")
    )
    assert [problem["line"] for problem in run.problems] == [3]
    assert run.total == 3


def test_a_locked_customer_is_left_alone_whenever_it_was_locked(database):  # rule P3
    locked = a_customer("Alt", number="K1")
    Customer.update(locked_at=NOW).where(Customer.id == locked.id).execute()
    run = prepared(a_line(2), a_line(3, customer_number="K2"))
    assert [(one["line"], one["wrong"]) for one in run.problems] == [(2, Wrong.NOT_TO_USE)]
    assert run.expected == {"customers_new": 1, "salons_new": 1, "devices_new": 1}
    open_then = prepared(a_line(2, customer_number="K3"), a_line(3, customer_number="K4"))
    Customer.create(number="K3", name="Alt", search_name="alt", created_at=NOW, locked_at=NOW)
    imports.start(open_then, by=None, now=NOW)
    imports.work_due(now=NOW)
    assert ImportRun.get_by_id(open_then.id).problems[0]["wrong"] == Wrong.NOT_TO_USE
    assert sorted((one.number, one.name) for one in Customer) == [
        ("K1", "Alt"), ("K3", "Alt"), ("K4", "Haarwerk GmbH"),
    ]  # fmt: skip
    assert Salon.select(Salon.customer).join(Customer).where(Customer.locked_at.is_null(False)).count() == 0


def test_a_serial_is_the_same_in_capitals_and_small_letters(database):
    device = a_device(a_salon(a_customer("Haarwerk GmbH", number="K1"), "Süd"), serial=" KS-Ä-1")
    line = a_line(2, serial="ks-Ä-1", purchased_on=date(2024, 1, 2))
    run = taken(line, a_line(3, serial="KS-Ä-1"))
    assert [(one["line"], one["wrong"]) for one in run.problems] == [(3, Wrong.TWICE)]
    assert [(one.id, one.purchased_on) for one in Device] == [(device.id, date(2024, 1, 2))]


def test_lines_that_contradict_each_other_name_the_earlier_one(database):
    lines = [
        a_line(2, phone=""), a_line(3, customer_name="Anders"), a_line(4, street="Gasse 9"),
        a_line(5, salon_name="SÜD", street="", postal_code="", city="", phone="+49221123456"),
        a_line(6, salon_name="Nord", street="", postal_code="", city=""), a_line(7, salon_name="Nord"),
    ]  # fmt: skip
    run = taken(*lines)
    assert [(one["line"], one["wrong"], one["value"]) for one in run.problems] == [
        (3, Wrong.OTHER_CUSTOMER, "2"), (4, Wrong.OTHER_SALON, "2"),
    ]  # fmt: skip
    assert run.counts == run.expected == {"customers_new": 1, "salons_new": 2, "devices_new": 4}
    assert Salon.get(Salon.search_name == "süd").phone == "+49221123456"
    assert taken(*lines).counts == {}


def test_rows_are_counted_and_not_lines(database, monkeypatch):
    monkeypatch.setattr(imports, "PIECE", 3)
    first = [a_line(n) for n in range(2, 10)]
    run = taken(*first)
    assert run.counts == run.expected == {"customers_new": 1, "salons_new": 1, "devices_new": 8}
    again = taken(*[a_line(n, customer_name="Neu", street="Weg 2") for n in range(2, 10)])
    assert again.counts == again.expected == {"customers_changed": 1, "salons_changed": 1}


def test_nothing_happens_before_it_is_started_and_a_dropped_list_never_is(database):
    run = prepared(a_line())
    assert imports.work_due(now=NOW) == 0
    imports.drop(run)
    with pytest.raises(imports.ImportMoved):
        imports.start(run, by=None, now=NOW)
    assert Customer.select().count() == 0


def test_several_workers_at_once_do_each_piece_once(database, monkeypatch):  # rule S3
    monkeypatch.setattr(imports, "PIECE", 5)
    run = imports.start(prepared(*[a_line(n) for n in range(2, 22)]), by=None, now=NOW)

    def keep_working():
        while ImportRun.get_by_id(run.id).due_at is not None:
            imports.work(run, now=NOW)

    assert kinds(at_once(*[keep_working] * 3)) == ["NoneType"] * 3
    assert ImportRun.get_by_id(run.id).counts == {"customers_new": 1, "salons_new": 1, "devices_new": 20}


def test_a_list_in_trouble_holds_up_no_other(database, monkeypatch):
    broken, fine = (imports.start(prepared(a_line(n)), by=None, now=NOW) for n in (2, 3))
    work = imports.work
    monkeypatch.setattr(
        imports, "work", lambda run, *, now: 1 / 0 if run.id == broken.id else work(run, now=now)
    )
    with pytest.raises(ZeroDivisionError):
        imports.work_due(now=NOW)
    assert ImportRun.get_by_id(broken.id).finished_at is None
    assert ImportRun.get_by_id(fine.id).finished_at == NOW


def test_a_piece_that_breaks_off_is_done_again_wholly(database, monkeypatch):
    run = imports.start(prepared(a_line()), by=None, now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(imports._Piece, "_add_devices", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            imports.work(run, now=NOW)
    assert Customer.select().count() == 0
    imports.work(run, now=NOW)
    assert Device.select().count() == 1
