"""Photos of the fault: taken in, refused with a message at the field, never at the cost of what was typed."""

import io
import struct
import zlib
from datetime import timedelta

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from portal.models import Attachment
from portal.outside.files import MAX_BYTES
from portal.rules.quotas import QUOTAS, Kind, Quota
from tests.builders import a_device, a_draft, an_owner
from tests.clients import page_of

pytestmark = [
    # Werkzeug's test client leaves the temporary file of a large upload to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def fault(client, sign_in):
    """Give `fault()`: the owner's browser on the page about the fault, nothing written yet."""

    def on_the_page():
        device = a_device()
        owner = an_owner(device.salon.customer)
        _, key = a_draft(device, owner, fault=None)
        sign_in(client, owner)
        with client.session_transaction() as session:
            session["draft"] = key
        return client.get("/report/fault")

    return on_the_page


def an_image(form="JPEG", size=(80, 60)):
    if form == "HEIF":
        register_heif_opener()
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, form)
    return written.getvalue()


def a_bomb():
    """Make a small PNG that says it is huge."""
    huge = bytearray(an_image("PNG"))
    huge[16:24] = struct.pack(">II", 30000, 30000)
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    return bytes(huge)


def send(client, page, *files, button=("add", "photos"), text="Er startet nicht."):
    sent = [(io.BytesIO(data), name) for name, data in files]
    return client.send(page, {"photos": sent, "text": text}, form="/report/fault", button=button)


@pytest.mark.parametrize(
    ("name", "form"), [("a.jpg", "JPEG"), ("b.png", "PNG"), ("c.webp", "WEBP"), ("IMG_1.HEIC", "HEIF")]
)
def test_a_photo_is_taken_shown_and_kept_with_the_case(client, fault, name, form):
    answer = send(client, fault(), (name, an_image(form)))
    assert answer.status_code == 200
    assert "Er startet nicht." in page_of(answer).text
    kept = Attachment.get()
    shown = client.get(f"/report/photos/{kept.id}")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    client.send(client.get("/report/fault"), form="/report/fault")
    client.send(client.get("/report/check"), form="/report/send")
    assert Attachment.get().case_id is not None


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("brief.jpg", b"kein Bild", "ist kein Foto"),
        ("leer.jpg", b"", "ist kein Foto"),
        ("halb.jpg", an_image()[:400], "Foto"),
        ("bombe.png", a_bomb(), "zu viele Bildpunkte"),
        ("riesig.jpg", b"\xff\xd8\xff" + bytes(60 * 1024 * 1024), "ist zu groß"),
        ("<b>😀.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "ist kein Foto"),
    ],
    ids=["text", "empty", "cut", "bomb", "60-mb", "svg"],
)
def test_what_is_no_good_photo_is_refused_at_the_field(client, fault, app, name, data, message):
    answer = send(client, fault(), (name, data), button=None)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in html.split('id="photos-error"')[1][:400]
    assert "Er startet nicht." in html
    assert "<b>😀" not in html
    assert Attachment.select().count() == 0
    folder = app.config["PORTAL"].photos
    assert not folder.exists() or not list(folder.iterdir())


def test_good_photos_stay_when_one_is_refused(client, fault):
    answer = send(client, fault(), ("a.jpg", an_image()), ("b.jpg", b"nichts"))
    assert answer.status_code == 422
    assert Attachment.select().count() == 1


def test_five_photos_are_enough(client, fault):
    answer = send(client, fault(), *[(f"{n}.jpg", an_image()) for n in range(7)])
    assert answer.status_code == 422
    assert "Mehr als 5 Fotos gehen nicht" in page_of(answer).text
    assert Attachment.select().count() == 5


def test_a_photo_can_be_added_before_anything_is_written_and_removed_again(client, fault, app):
    answer = send(client, fault(), ("a.jpg", an_image()), text="")
    assert answer.status_code == 200
    assert "Bitte prüfen Sie" not in page_of(answer).text
    answer = client.send(answer, form="/report/fault", button=("remove", str(Attachment.get().id)))
    assert Attachment.select().count() == 0
    assert not list(app.config["PORTAL"].photos.glob("*.jpg"))


def test_all_photos_together_may_be_too_much(client, fault):
    page = fault()
    answer = send(client, page, ("a.jpg", bytes(MAX_BYTES)), ("b.jpg", bytes(70 * 1024 * 1024)))
    assert answer.status_code == 413
    assert "Die Fotos sind zusammen zu groß" in page_of(answer).text


def test_photos_of_another_browser_are_not_found(client, app, fault):  # rule P1
    send(client, fault(), ("a.jpg", an_image()))
    address = f"/report/photos/{Attachment.get().id}"
    assert client.get(address).status_code == 200
    assert app.test_client().get(address).status_code == 404


def test_a_flood_of_photos_is_stopped_and_nothing_typed_is_lost(client, fault, monkeypatch):
    monkeypatch.setitem(QUOTAS, Kind.PHOTOS, Quota(1, timedelta(minutes=10)))
    answer = send(client, fault(), ("a.jpg", an_image()), ("b.jpg", an_image()))
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert "sehr viele Fotos in kurzer Zeit" in page_of(answer).text
    assert "Er startet nicht." in answer.text
    assert Attachment.select().count() == 1


def test_a_press_without_a_photo_says_so(client, fault):
    answer = client.send(
        fault(), {"text": "Er startet nicht."}, form="/report/fault", button=("add", "photos")
    )
    assert answer.status_code == 422
    assert "Wählen Sie zuerst ein Foto aus" in page_of(answer).text
    assert "Er startet nicht." in answer.text
