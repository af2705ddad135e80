"""Do people get a copy of their own data, whole and of nobody else, and see what they agreed to?"""

import errno
import io
import json
import shutil
import zipfile
from datetime import timedelta

import pytest
from PIL import Image
from pypdf import PdfReader

from portal import copies
from portal.actions import takeouts
from portal.models import Attachment, Case, History, Letter, Takeout
from portal.outside import archives, clock, files
from portal.web import letters, own_data
from tests.actions.closed_cases import a_closed_case
from tests.builders import a_case, a_case_delivered, a_waiting_case, an_owner
from tests.clients import page_of
from tests.web import letters_of_privacy

ADDRESS = "/account/data"


@pytest.fixture
def rounds(app):
    """Give `rounds(n)`: the worker's part, as often as wanted."""

    def work(times: int = 30) -> None:
        with app.app_context():
            for _ in range(times):
                if not copies.make_due(now=clock.now()):
                    return

    return work


def asked(client):
    return client.send(client.get(ADDRESS), form=ADDRESS)


def opened(answer) -> zipfile.ZipFile:
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.data))


def fetched(client) -> zipfile.ZipFile:
    return opened(client.get(f"{ADDRESS}/{Takeout.select().order_by(Takeout.id.desc()).get().id}.zip"))


def a_photo(app, case: Case) -> None:
    """Store a photo with a place in it, as phones make them."""
    picture, exif = io.BytesIO(), Image.Exif()
    exif[0x8825] = {1: "N", 2: (50.0, 59.0, 0.0)}
    Image.new("RGB", (60, 40), "#456").save(picture, "JPEG", exif=exif, comment=b"secret")
    picture.seek(0)
    stored = files.store_photo(picture, app.config["PORTAL"].photos)
    sizes = {"width": stored.width, "height": stored.height, "size": stored.size}
    Attachment.create(case=case, name=stored.name, at=clock.now(), **sizes)


def test_the_copy_has_everything_of_the_own_business_and_nothing_of_another(
    app, signed_in, owner, device, rounds
):  # rules P1, P3
    case, other = a_case(device, owner), a_closed_case()
    returned = a_case_delivered(device, owner)
    a_photo(app, case)
    assert "wird zusammengestellt" in page_of(asked(signed_in)).text
    rounds()
    assert "fertig" in signed_in.page(ADDRESS).text
    with fetched(signed_in) as copy:
        assert copy.testzip() is None
        names = copy.namelist()
        said = {name: copy.read(name) for name in names}
    assert {f"cases/{one.number}/case.json" for one in (case, returned)} <= set(names)
    assert not any(".." in name or name.startswith(("/", "\\")) for name in names)
    for one in ("slip", "outage-record"):
        assert PdfReader(io.BytesIO(said[f"cases/{case.number}/{one}.pdf"])).pages
    photo = Image.open(io.BytesIO(said[f"cases/{case.number}/photo-1.jpg"]))
    assert (photo.size, len(photo.getexif()), photo.info.get("comment")) == ((60, 40), 0, None)
    everything = b"".join(text for name, text in said.items() if name.endswith(".json")).decode()
    assert "Ihre Daten aus dem Reparatur-Portal" in said["README.txt"].decode()
    data, told = json.loads(said["data.json"]), json.loads(said[f"cases/{case.number}/case.json"])
    assert (data["version"], data["account"]["email"]) == (1, owner.email)
    assert (told["number"], told["address"]["contact_name"]) == (case.number, "Ada Muster")
    assert [row["what"] for row in told["history"]][:2] == ["submit", "release"]
    for secret in (other.number, other.reporter.email, owner.password_hash, "argon2", "token_hash"):
        assert secret not in everything
    assert Letter.select().where(Letter.event == "takeout_ready", Letter.account == owner).count() == 1


def test_no_note_of_the_team_is_in_it(app, client, sign_in, rounds):  # rules P1, S6
    case = a_closed_case(quote=True, link=True)
    sign_in(client, case.reporter)
    asked(client)
    rounds()
    with fetched(client) as copy:
        told = copy.read(f"cases/{case.number}/case.json").decode()
        assert f"cases/{case.number}/quote-1.pdf" in copy.namelist()
    assert "Geheimes im Team" not in told
    assert "Geheimes im Gespräch" in told
    assert json.loads(told)["links"][0]["state"] == "active"


def test_the_slip_of_a_finished_case_is_as_it_was_released_or_not_there(app, owner, device):  # rules C2b, P3
    released, never = a_closed_case(device), a_closed_case(device)
    Case.update(released_at=None, valid_until=None).where(Case.id == never.id).execute()
    waiting = a_waiting_case(device, owner)
    Case.update(customer=owner.customer).execute()
    with app.app_context(), own_data.speaking_to(owner):
        of = {case.id: dict(own_data.of_case(owner, case.id)) for case in (released, never, waiting)}

    def said(case: Case) -> str:
        return PdfReader(io.BytesIO(of[case.id][f"cases/{case.number}/slip.pdf"])).pages[0].extract_text()

    assert "Erstellt am 21. November 2026" in said(released)
    assert "Freigegeben. Bitte schicken Sie das Paket bis" in said(released)
    assert "Noch nicht freigegeben" in said(waiting)
    assert f"cases/{never.number}/slip.pdf" not in of[never.id]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("takeout_ready", ["Sie ist fertig.", "laden Sie die Kopie bis", "Danach löschen wir diese Kopie."]),
        ("deletion_asked", ["Aus Ihrem Betrieb wurde", "Gelöscht wird am", "Dann müssen Sie nichts tun.",
                            "drücken Sie „Nicht löschen, alles behalten“"]),
    ],
)  # fmt: skip
def test_letters_about_ones_data_say_what_happened_what_to_do_and_until_when(app, event, said):  # rule P3
    letters_of_privacy.EVENTS[event]()
    with app.app_context():
        rendered = letters.render(Letter.get(Letter.event == event))
    for words in said:
        assert words in rendered.text
    until = {"takeout_ready": "28. November, 10:14 Uhr", "deletion_asked": "24. November, 10:14 Uhr"}
    assert until[event] in rendered.text


def test_only_its_person_can_fetch_it_and_only_for_seven_days(
    app, the_next_day, signed_in, owner, second, sign_in, rounds
):  # rules P1, P3
    asked(signed_in)
    rounds()
    address = f"{ADDRESS}/{Takeout.get().id}.zip"
    answer = signed_in.get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert History.select().where(History.what == "fetch_takeout", History.account == owner).count() == 1
    colleague = app.test_client()
    sign_in(colleague, an_owner(owner.customer))
    assert colleague.get(address).status_code == 404
    assert second.get(address).status_code == 404  # staff neither
    the_next_day.shift(timedelta(days=7))
    assert signed_in.get(address).status_code == 404
    with app.app_context():
        copies.end_due(now=clock.now())
    assert list(app.config["PORTAL"].takeouts.iterdir()) == []


def test_staff_get_their_own_data_too(client, staff, rounds):  # rule P3
    a_case()
    asked(client)
    rounds()
    with fetched(client) as copy:
        assert sorted(copy.namelist()) == ["README.txt", "data.json"]
        assert json.loads(copy.read("data.json"))["account"]["role"] == "staff"


def test_a_full_disk_is_said_calmly_and_tried_again(app, the_next_day, signed_in, rounds, monkeypatch):  # P3
    asked(signed_in)

    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(zipfile.ZipFile, "writestr", full)
        rounds()
    assert "kein Platz" in signed_in.page(ADDRESS).text
    assert list(app.config["PORTAL"].takeouts.iterdir()) == []  # never half a file
    the_next_day.shift(takeouts.PAUSE)
    rounds()
    with zipfile.ZipFile(app.config["PORTAL"].takeouts / Takeout.get().file_name) as copy:
        assert copy.testzip() is None


def test_killed_at_any_piece_it_goes_on_or_begins_anew(
    app, the_next_day, signed_in, owner, device, rounds, monkeypatch
):  # rule P3
    numbers = [a_case(device, owner).number for _ in range(3)]
    asked(signed_in)
    add, folder = archives.add, app.config["PORTAL"].takeouts
    for tear in (False, True):
        with monkeypatch.context() as killed:
            killed.setattr(takeouts, "note_progress", lambda *_held, done, total: 1 / 0)  # kill -9
            killed.setattr(copies, "_put_off", lambda *_given: None)  # nobody cleans up
            with pytest.raises(ZeroDivisionError):
                rounds(1)
        for part in folder.glob(".*.part") if tear else ():
            part.write_bytes(part.read_bytes()[:-30])
        the_next_day.shift(takeouts.LEASE)
    assert archives.add is add
    rounds()
    with fetched(signed_in) as copy:
        assert copy.testzip() is None
        assert len(copy.namelist()) == len(set(copy.namelist()))
        assert {name.split("/")[1] for name in copy.namelist() if "/" in name} == set(numbers)


def test_a_copy_whose_file_is_lost_is_not_there(app, signed_in, rounds):
    asked(signed_in)
    rounds()
    shutil.rmtree(app.config["PORTAL"].takeouts)
    assert signed_in.get(f"{ADDRESS}/{Takeout.get().id}.zip").status_code == 404
    assert page_of(asked(signed_in)).text  # and can be made anew
    rounds()
    assert fetched(signed_in)


def test_asked_for_twice_it_is_made_once(signed_in):  # rule S3
    form = signed_in.get(ADDRESS)
    signed_in.send(form, form=ADDRESS)
    assert "schon in Arbeit" in page_of(signed_in.send(form, form=ADDRESS)).text
    assert Takeout.select().count() == 1


def test_htmx_gets_only_the_part_that_changes(signed_in):
    asked(signed_in)
    part = signed_in.get(ADDRESS, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert part.strip().startswith("<section")
    assert "hx-get" in part


def test_what_one_agreed_to_stands_there_with_wording_version_language_and_time(client, sign_in):  # rule S7
    case = a_closed_case()
    sign_in(client, case.reporter)
    text = client.page(ADDRESS).text
    assert "Ein Text." in text
    assert "Fassung 1" in text
    assert "Deutsch" in text
    assert "21. November" in text


def test_who_has_not_proved_lately_who_they_are_is_asked_first(the_next_day, signed_in):  # rule P1
    form = signed_in.get(ADDRESS)
    the_next_day.shift(timedelta(hours=1))
    answer = signed_in.send(form, form=ADDRESS, follow=False)
    assert answer.headers["Location"].startswith("/account/confirm")
    assert Takeout.select().count() == 0


def test_lost_files_are_found_and_removed(app, rounds, signed_in):  # rule P3
    folder = app.config["PORTAL"].takeouts
    asked(signed_in)
    rounds()
    lost = f"{'f' * 32}.zip"
    archives.add(folder, lost, [("data.json", b"{}")])
    with app.app_context():
        assert copies.remove_strays(now=clock.now()) == 1
    assert archives.names(folder) == [Takeout.get().file_name]


def test_photos_of_another_database_are_not_taken_for_lost_ones(app, the_next_day):  # rule P3
    folder = app.config["PORTAL"].photos
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(copies.MOST_LOST + 1):
        (folder / f"{number:032x}.jpg").write_bytes(b"a photo")
    the_next_day.shift(timedelta(days=30))
    with app.app_context():
        assert copies.remove_strays(now=clock.now()) == 0
        (folder / f"{0:032x}.jpg").unlink()
        assert copies.remove_strays(now=clock.now()) == copies.MOST_LOST
