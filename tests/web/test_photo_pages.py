"""A photo at the desk: blacken a part, remove it, on the record; what its people see then (rules C4a, P1)."""

import io
import os

import pytest
from PIL import Image

from portal import worker
from portal.actions import photos
from portal.models import Attachment, Case, History
from portal.outside import clock, files
from tests import builders as build
from tests.clients import page_of


@pytest.fixture
def case(app) -> Case:
    return build.a_case()


@pytest.fixture
def photo(app, case) -> Attachment:
    """Hang a white photo on the case."""
    picture = io.BytesIO()
    Image.new("RGB", (1408, 704), "white").save(picture, "JPEG")
    picture.seek(0)
    stored = files.store_photo(picture, app.config["PORTAL"].photos)
    size = {"width": stored.width, "height": stored.height, "size": stored.size}
    return Attachment.create(case=case, name=stored.name, at=clock.now(), **size)


@pytest.fixture
def address(case, photo) -> str:
    return f"/staff/cases/{case.number}/photos/{photo.id}"


def shown(client, address):
    return Image.open(io.BytesIO(client.get(f"{address}.jpg").data))


def clicked(client, address, *spots):
    """Click on the picture as a browser without a script does: each click sends the form with the spot."""
    answer = client.get(address)
    for x, y in spots:
        form = next(form for form in page_of(answer).forms if form.action.endswith("#hint"))
        fields = [*form.fields, ("at.x", str(x)), ("at.y", str(y))]
        answer = client.get(form.action.partition("#")[0], query_string=fields)
        assert answer.status_code == 200
    return answer


def test_two_clicks_make_a_box_and_one_press_makes_it_black_for_good(
    client, staff, app, case, photo, address
):  # rule C4a
    one = clicked(client, address, (300, 40))
    assert "Erste Ecke gesetzt" in page_of(one).text
    two = clicked(client, address, (300, 40), (100, 20))  # in whatever order
    assert "1 Fläche ist gewählt" in page_of(two).text
    assert shown(client, address).getpixel((400, 60)) == (255, 255, 255)  # not before it is confirmed
    done = client.send(two, form="/blacken")
    assert "Geschwärzt" in page_of(done).text
    picture = shown(client, address)
    assert max(picture.getpixel((400, 60))) < 5
    assert min(picture.getpixel((900, 60))) > 250
    assert os.listdir(app.config["PORTAL"].photos) == [Attachment.get().name] != [photo.name]
    assert Attachment.get().blackened_at
    row = History.get(History.what == "blacken_photo")
    assert (row.account_id, row.case_id) == (staff.id, case.id)
    assert "Foto geschwärzt" in client.page(f"/staff/cases/{case.number}").text


def test_a_preview_for_which_there_is_no_turn_comes_later(client, staff, address, monkeypatch):
    monkeypatch.setattr(files, "WAITS", 0)
    with files._turn(), files._turn():
        assert client.get(f"{address}/preview.jpg").status_code == 503


def test_the_preview_shows_what_would_be_black_and_is_kept_by_nobody(client, staff, photo, address):
    answer = client.get(f"{address}/preview.jpg?box=0,0,400,200&corner=700,300")
    picture = Image.open(io.BytesIO(answer.data))
    assert picture.size == (704, 352)
    assert max(picture.getpixel((50, 50))) < 5
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_box_can_be_given_in_numbers(client, staff, address):
    page = client.get(address)
    answer = client.send(
        page, {"left": "50", "top": "0", "width": "50,0", "height": "25"}, form=1 + _form(page)
    )
    assert "1 Fläche ist gewählt" in page_of(answer).text
    assert 'value="704,0,1408,176"' in answer.text
    wrong = client.send(page, {"left": "200", "top": "x"}, form=1 + _form(page))
    assert wrong.status_code == 422
    assert "vier Zahlen" in page_of(wrong).text
    assert 'value="200"' in wrong.text


def _form(page) -> int:
    """Return which of the page's forms is the picture; the numbers' is the next."""
    return next(at for at, form in enumerate(page_of(page).forms) if form.action.endswith("#hint"))


@pytest.mark.parametrize(
    "query", ["box=1,2,3", "box=a,b,c,d", "box=-1,0,9,9", "box=9" + "9" * 30 + ",1,2,3", "corner=9999,1",
              "at.x=x&at.y=", "at.x=5", "at.x=99999&at.y=1", "box=0,0,9,9&" * 99]
)  # fmt: skip
def test_any_words_in_the_address_are_calmly_taken_or_left(client, staff, address, query):
    assert client.get(f"{address}?{query}").status_code == 200
    assert client.get(f"{address}/preview.jpg?{query}").status_code == 200


def test_nothing_chosen_is_said(client, staff, photo, address):
    token = dict(page_of(client.get(address)).forms[-1].fields)["csrf_token"]
    answer = client.post(f"{address}/blacken", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "Wählen Sie zuerst aus" in page_of(answer).text
    assert Attachment.get().name == photo.name


def test_the_slower_of_two_helpers_sees_the_photo_as_it_is_now(
    client, staff, second, app, address
):  # rule S3
    mine = clicked(client, address, (0, 0), (100, 100))
    hers = clicked(second, address, (300, 0), (400, 100))
    client.send(mine, form="/blacken")
    answer = second.send(hers, form="/blacken")
    assert answer.status_code == 409
    assert "Jemand anderes hat dieses Foto" in page_of(answer).text
    assert 'name="box"' in answer.text  # what she chose is still chosen
    assert second.send(answer, form="/blacken").status_code == 200
    assert len(os.listdir(app.config["PORTAL"].photos)) == 1
    assert max(shown(second, address).getpixel((50, 50))) < 5


def test_a_removed_photo_is_gone_for_everybody_and_its_reason_is_kept(
    client, staff, app, case, photo, address, sign_in
):  # rules C4a, P1
    page = client.get(address)
    assert client.send(page, {"why": " "}, form="/remove").status_code == 422
    done = client.send(page, {"why": "Kundin im Bild"}, form="/remove")
    assert "gelöscht" in page_of(done).text
    assert os.listdir(app.config["PORTAL"].photos) == []
    assert client.get(f"{address}.jpg").status_code == 404
    assert client.get(f"{address}/preview.jpg").status_code == 404
    assert "Kundin im Bild" in client.page(address).text
    assert client.send(page, {"why": "noch einmal"}, form="/remove").status_code == 409
    assert History.select().where(History.what == "remove_photo").count() == 1
    owner = app.test_client()
    sign_in(owner, case.reporter)
    assert "vom Support gelöscht" in owner.page(f"/cases/{case.number}").text
    assert owner.get(f"/cases/{case.number}/photos/{photo.id}").status_code == 404


def test_the_owner_is_told_that_a_photo_was_blackened(client, staff, app, case, photo, address, sign_in):
    client.send(clicked(client, address, (0, 0), (99, 99)), form="/blacken")
    owner = app.test_client()
    sign_in(owner, case.reporter)
    assert "vom Support geschwärzt" in owner.page(f"/cases/{case.number}").text
    picture = owner.get(f"/cases/{case.number}/photos/{photo.id}")
    assert max(Image.open(io.BytesIO(picture.data)).getpixel((50, 50))) < 5


def test_a_photo_is_nothing_but_a_picture_to_a_browser(client, staff, address):
    headers = client.get(f"{address}.jpg").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("inline; filename=Foto-")
    assert headers["Cache-Control"] == "no-store"


def test_what_a_crash_left_is_shown_to_nobody_and_removed_within_the_hour(
    client, staff, app, photo, address, monkeypatch
):  # rule C4a
    page = clicked(client, address, (0, 0), (99, 99))
    with monkeypatch.context() as crash:
        crash.setattr(files, "delete_photo", lambda *_: None)  # it dies before the old file is removed
        client.send(page, form="/blacken")
    folder = app.config["PORTAL"].photos
    assert (folder / photo.name).exists()
    assert max(shown(client, address).getpixel((50, 50))) < 5
    with app.app_context():
        worker.PARTS["photos"](clock.now())
    assert os.listdir(folder) == [Attachment.get().name]
    assert photos.left_behind(now=clock.now()) == []  # once an hour


def test_a_crash_before_the_change_leaves_the_photo_as_it_was(
    client, staff, app, photo, address, monkeypatch
):
    def dies(*_, **__):
        raise OSError("the database is gone")

    page = clicked(client, address, (0, 0), (99, 99))
    monkeypatch.setattr(photos.history, "record", dies)
    assert client.send(page, form="/blacken").status_code == 500
    assert Attachment.get().name == photo.name
    assert os.listdir(app.config["PORTAL"].photos) == [photo.name]


def test_photos_that_were_not_chosen_are_asked_for(client, staff):
    case = build.a_case_checked_in()
    page = client.get(f"/staff/cases/{case.number}/parcel")
    answer = client.send(page, {"photos": None}, form="/parcel/photos")
    assert answer.status_code == 422
    assert "Wählen Sie zuerst ein Foto aus" in page_of(answer).text
