"""The register taken along as a list: read in again it changes nothing, no spreadsheet runs a cell."""

import csv
from io import StringIO

import pytest

from portal.actions import imports
from portal.models import Customer, Device, History, Salon, whole_register
from portal.rules.register import HEADINGS, cells_of, shielded, unshielded
from portal.rules.triage import Origin
from portal.web.csv_file import written
from portal.web.staff import register_file
from tests import builders as build

EVIL = ('=HYPERLINK("//böse")', "+49 220", "-1", "@SUM(A1)", "'=1", "''+1", "＝1")


def the_list() -> bytes:
    return b"".join(written(list(HEADINGS.values()), map(cells_of, whole_register.lines())))


@pytest.fixture
def register(app):
    """Make customers whose every text begins like a formula, devices with every fact, a salon without."""
    for text in EVIL:
        salon = build.a_salon(build.a_customer(name=text, search_name=text), name=text, street=text)
        build.a_device(salon, serial=text, origin=Origin.ELSEWHERE, tse_in_server=False, backup_booked=True)
    build.a_salon(build.a_customer(name="Ohne Gerät; „mit“ Zeichen"), phone="+49220212345")


def rows() -> list[list[dict]]:
    return [list(table.select().order_by(table.id).dicts()) for table in (Customer, Salon, Device)]


@pytest.mark.both_engines
def test_the_list_read_in_again_changes_nothing(register):
    before = rows()
    lines, problems = register_file.read(the_list())
    assert (len(lines), problems) == (len(EVIL) + 1, [])
    run = imports.prepare(lines, problems, file_name="kunden.csv", by=None, now=build.NOW)
    assert (run.expected, run.problems) == ({}, [])
    imports.start(run, by=None, now=build.NOW)
    imports.work_due(now=build.NOW)
    assert rows() == before


def test_the_list_read_into_an_empty_portal_makes_the_same_register(register, app):
    listed = the_list()
    for table in (Device, Salon, Customer):
        table.delete().execute()
    lines, problems = register_file.read(listed)
    imports.start(
        imports.prepare(lines, problems, file_name="k", by=None, now=build.NOW), by=None, now=build.NOW
    )
    imports.work_due(now=build.NOW)
    assert the_list() == listed


def test_no_cell_begins_like_a_formula(register):  # CSV formula injection
    cells = [
        cell for row in csv.reader(StringIO(the_list().decode("utf-8-sig")), delimiter=";") for cell in row
    ]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r\n＝＋－＠" and cell]


@pytest.mark.parametrize("text", [*EVIL, "", "'", "'s Haar", "Haar & Co", "\t=1", "\r1", "-"])
def test_a_shielded_cell_comes_back_as_it_was(text):
    assert unshielded(shielded(text)) == text


def test_who_is_locked_is_not_in_it(register):  # rule P3
    Customer.update(locked_at=build.NOW).where(Customer.name == EVIL[0]).execute()
    assert "HYPERLINK" not in the_list().decode()


def test_staff_get_the_list_after_a_proof_and_it_is_recorded(client, staff, register):
    build.a_customer(name="Ohne Salon")
    page = client.get("/staff/customers/export")
    assert "1 Kunde hat keinen Salon" in page.text
    answer = client.send(page, form="/staff/customers/export")
    assert answer.data == the_list()
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert History.get(History.what == "export_register").account == staff


def test_the_command_writes_the_same_for_its_owner_alone(app, register, tmp_path):
    file = tmp_path / "kunden.csv"
    done = app.test_cli_runner().invoke(args=("export-customers", str(file)))
    assert done.exit_code == 0, done.output
    assert file.read_bytes() == the_list()
    assert file.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob(".*.part"))
