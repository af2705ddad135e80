"""The attacks that are known and named, each with the place where it is tried.

| attack | tried in |
|---|---|
| session fixation | test_signing (a session from before signing in …) |
| replayed mail link | test_signing (a replayed post …), tests/actions/test_sign_in_links |
| replayed code of the app | test_second_factor |
| stolen session after a new password | test_signing (a stolen session ends …) |
| forged Host, in pages and letters | test_hosts_and_sizes, and here |
| `next=//evil` | test_hosts_and_sizes (any words), and here (through the pages) |
| header injection in every mail field | test_attacks_on_letters, tests/outside/test_mailer |
| CSV formula injection | test_register_export |
| path traversal in uploads | here, tests/outside/test_files |
| SVG with script | here as photo; as logo in tests/outside/test_logos, test_operator_logo |
| EXIF GPS and everything else in a photo | here, tests/outside/test_files_attacked |
| zip bomb, picture bomb, polyglots | here, tests/outside/test_files_attacked |
| 2,000 sign-in tries, time of unknown accounts | tests/actions/test_throttle, here (argon2 is asked alike) |
| a form of another site | test_hardening (no form works without its token), test_kept |
| ids of others, doors left open | test_every_door |
"""

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from PIL import Image

from portal.actions import accounts, sign_in_links
from portal.models import Account, Attachment, Letter
from portal.outside import clock
from portal.web import letters
from tests import builders as build
from tests.clients import DEMO_PASSWORD, page_of

EVIL = ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "%2f%2fevil.example",
        "javascript:alert(1)", "http:evil.example", "///evil.example", "/%09/evil.example"]  # fmt: skip


@pytest.fixture
def fault(client, sign_in, device, owner):
    """Bring the owner's browser to the page that takes photos."""
    _, key = build.a_draft(device, owner, fault=None)
    sign_in(client, owner)
    with client.session_transaction() as session:
        session["draft"] = key
    return client.get("/report/fault")


def sent(client, page, content, name):
    photos = [(io.BytesIO(content), name)]
    return client.send(
        page, {"photos": photos, "text": "Er startet nicht."}, form="/report/fault", button=("add", "photos")
    )


def a_photo(**extras):
    file = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(file, "JPEG", **extras)
    return file.getvalue()


@pytest.mark.parametrize("target", EVIL)
def test_next_leads_nowhere_else_after_signing_in(client, owner, target):  # rule P1
    page = client.get("/sign-in", query_string={"next": target})
    given = {"email": owner.email, "password": DEMO_PASSWORD}
    answer = client.send(page, given, form="/sign-in", follow=False)
    assert answer.headers["Location"] in ("/cases", "/%09/evil.example")  # the last is a page of ours: 404
    chosen = {"language": "en", "next": target}
    token = dict(page_of(client.get("/help")).forms[-1].fields)["csrf_token"]
    led = client.post("/language", data={**chosen, "csrf_token": token}).headers["Location"]
    assert led in ("/", "/%09/evil.example")


def test_letters_name_the_portal_as_the_settings_do_whatever_host_was_asked(app_settings, request):  # rule P1
    app_settings["hosts"] = "other.example"
    app, client = request.getfixturevalue("app"), request.getfixturevalue("client")
    owner = build.an_owner()
    asked = {"environ_overrides": {"HTTP_HOST": "other.example", "HTTP_X_FORWARDED_HOST": "evil.example"}}
    page = client.get("/sign-in/link", **asked)
    assert client.send(page, {"email": owner.email}, form="/sign-in/link", **asked).status_code == 200
    sign_in_links.send_asked(now=clock.now())
    with app.app_context():
        letter = letters.render(Letter.get())
    assert "http://localhost/sign-in/link/" in letter.text
    assert "other.example" not in letter.text + letter.html
    assert "evil.example" not in letter.text + letter.html


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.jpg",
        "..\\..\\x.jpg",
        "/etc/passwd",
        "x.jpg\0.php",
        "a" * 5000,
        "<img src=x>.jpg",
        "",
    ],
)
def test_the_name_of_an_upload_leads_to_no_file(client, app, fault, name):
    before = set(app.config["PORTAL"].photos.parent.rglob("*"))
    answer = sent(client, fault, a_photo(), name)
    assert answer.status_code in (200, 422)  # without a name nothing was chosen
    folder = app.config["PORTAL"].photos
    fresh = {path for path in folder.parent.rglob("*") if path.is_file()} - before
    ours = [path for path in fresh if path.suffix == ".jpg"]
    assert all(path.parent == folder for path in ours)
    assert [path.name for path in ours] == [photo.name for photo in Attachment.select()]
    assert "<img src=x>" not in answer.text


def test_where_a_photo_was_taken_is_gone_before_anybody_sees_it(client, fault):
    exif = Image.Exif()
    exif[0x010F] = "Telefonwerk"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 59.0, 31.0), 3: "E", 4: (7.0, 8.0, 2.0)})
    sent(client, fault, a_photo(exif=exif, comment="zuhause"), "a.jpg")
    shown = client.get(f"/report/photos/{Attachment.get().id}")
    assert Image.open(io.BytesIO(shown.data)).getexif() == {}
    for secret in (b"Exif", b"Telefonwerk", b"zuhause"):
        assert secret not in shown.data
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert shown.headers["Cache-Control"] == "no-store"


def a_zip_bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.jpg", bytes(20 * 1024 * 1024))
    return file.getvalue()


def a_picture_bomb():
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    bomb = bytearray(picture.getvalue())
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    return bytes(bomb)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (a_zip_bomb(), "ist kein Foto"),
        (a_picture_bomb(), "zu viele Bildpunkte"),
        (SVG, "ist kein Foto"),
        (b"<html><script>alert(1)</script>", "ist kein Foto"),
        (b"%PDF-1.7\n" + a_photo(), "ist kein Foto"),
    ],
    ids=["zip", "picture", "svg", "html", "pdf"],
)
def test_what_is_no_photo_is_refused_at_its_field_and_not_kept(client, app, fault, content, said):
    answer = sent(client, fault, content, "foto.jpg")
    assert answer.status_code == 422
    assert said in page_of(answer).text
    folder = app.config["PORTAL"].photos
    assert not folder.exists() or not list(folder.iterdir())


def test_the_table_above_names_tests_that_are_there():
    here = Path(__file__).resolve().parent
    named = set(re.findall(r"((?:tests/\w+/)?)(test_\w+)", __doc__ or ""))
    assert len(named) > 12
    assert [place + name for place, name in named if not _file(here, place, name).exists()] == []


def _file(here: Path, place: str, name: str) -> Path:
    return (here.parents[1] / place if place else here) / f"{name}.py"


def test_known_and_unknown_accounts_cost_the_same_hashing(client, app, monkeypatch):  # rule P1
    asked = []

    class Counting(PasswordHasher):
        def verify(self, *given):
            asked.append(1)
            return super().verify(*given)

    monkeypatch.setattr(accounts, "PasswordHasher", Counting)
    known, without, closed = build.an_owner(), build.an_owner(), build.an_owner()
    Account.update(password_hash=None).where(Account.id == without.id).execute()
    Account.update(closed_at=clock.now()).where(Account.id == closed.id).execute()
    costs, texts = [], set()
    for email in (known.email, without.email, closed.email, "niemand@salon.example"):
        asked.clear()
        answer = client.send(
            client.get("/sign-in"), {"email": email, "password": "falsch falsch"}, form="/sign-in"
        )
        costs.append(len(asked))
        texts.add((answer.status_code, page_of(answer).text.replace(email, "")))
    assert costs == [1, 1, 1, 1]
    assert len(texts) == 1
