"""The slip and the phone's view of it, as owners and staff get them (rules C1–C3, C2a, C2b, P1a)."""

from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader

from portal.actions import cases
from portal.models import Attachment
from portal.web.documents import slip as paper
from tests import builders
from tests.filled_in import SEND_IN
from tests.web.test_owner_cases import LATER

pytestmark = pytest.mark.usefixtures("the_next_day")


@pytest.fixture
def device(owner):
    return builders.a_device(builders.a_salon(owner.customer), serial="KS4-77")


def words(answer):
    reader = PdfReader(BytesIO(answer.data))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


def test_the_slip_is_shown_in_the_browser_under_a_telling_name(signed_in, owner, device):  # rule C2
    case = builders.a_case(device, owner)
    answer = signed_in.get(f"/cases/{case.number}/slip.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="Begleitschein-{case.number}.pdf"'
    text = words(answer)
    for told in ("KS4-77", "Er startet nicht.", "51465 Bergisch Gladbach", "+49 2202 12345", "Ada Muster"):
        assert told in text
    assert "bis 21. Dezember 2026 ab" in text
    assert "och nicht freigegeben" not in text


def test_the_codes_hold_number_and_address_and_nothing_else(signed_in, owner, device):  # rule C2
    case = builders.a_case(device, owner)
    pdf = signed_in.get(f"/cases/{case.number}/slip.pdf").data
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=4).to_pil()
    read = {found.text for found in zxingcpp.read_barcodes(picture)}
    assert read == {case.number, f"http://localhost/cases/{case.number}"}


def test_an_unreleased_slip_says_so(signed_in, owner, device):  # rule P1a
    case = builders.a_waiting_case(device, owner)
    assert "Noch nicht freigegeben" in words(signed_in.get(f"/cases/{case.number}/slip.pdf"))
    assert "Noch nicht freigegeben" in signed_in.page(f"/cases/{case.number}/parcel").text


def test_a_lapsed_or_cancelled_release_is_none(signed_in, app, owner, device):  # rule C2b
    case = builders.a_case(device, owner)
    with app.test_request_context():
        assert paper.of(case, "x", now=case.valid_until - timedelta(seconds=1)).released
        assert not paper.of(case, "x", now=case.valid_until).released
        ended = cases.cancel(case, by=owner, now=LATER)
        assert not paper.of(ended, "x", now=LATER).released
    assert "Dieser Vorgang ist beendet" in words(signed_in.get(f"/cases/{case.number}/slip.pdf"))


@pytest.mark.parametrize(
    ("tse", "listed", "asked"), [(True, True, False), (False, False, False), (None, False, True)]
)
def test_the_tse_is_listed_if_and_only_if_it_is_in_the_server(app, owner, tse, listed, asked):  # rule C1
    device = builders.a_device(builders.a_salon(owner.customer), tse_in_server=tse)
    with app.test_request_context():
        slip = paper.of(builders.a_case(device, owner), "x", now=LATER)
    assert (any("TSE" in component for component in slip.components), slip.conditional_tse) == (listed, asked)


def test_a_case_without_a_parcel_has_no_slip(signed_in, owner, device):
    case = builders.a_case(
        device, owner, topic={"topic": "software"}, contact=SEND_IN["address"],
        remote={"consents": [builders.consent("remote_terms")]},
    )  # fmt: skip
    assert signed_in.get(f"/cases/{case.number}/slip.pdf").status_code == 404
    assert signed_in.get(f"/cases/{case.number}/parcel").status_code == 404


def test_the_slip_speaks_the_language_of_the_case(app, owner, device):  # rule P5
    case = builders.a_case(device, owner)
    case.language = "en"
    with app.test_request_context():
        assert paper.made(case).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Er startet nicht.\nDie Lampe blinkt.", "Er startet nicht."),
        ("Seit dem 3. Mai geht nichts! Hilfe.", "Seit dem 3. Mai geht nichts!"),
        ("ohne Punkt", "ohne Punkt"),
        ("wort " * 100, "wort " * 47 + "wort …"),
    ],
)
def test_the_fault_is_told_in_one_sentence(text, sentence):  # rule C2
    assert paper.one_sentence(text) == sentence


def test_the_phone_view_shows_the_number_and_the_same_list(signed_in, owner, device):  # rule C2a
    case = builders.a_case(device, owner)
    page = signed_in.page(f"/cases/{case.number}/parcel")
    grouped = f"{case.number[:3]}-{case.number[3:6]}-{case.number[6:9]}-{case.number[9]}"
    assert f"Schreiben Sie diese Nummer groß außen auf den Karton {grouped}" in page.text
    for told in (
        "LAN-Kabel",
        "Swissbit-TSE",
        "Bondrucker",
        "kein Päckchen",
        "Unfreie Pakete",
        "Hauptstraße 122",
    ):
        assert told in page.text


def test_a_photo_is_for_its_own_people(signed_in, app, owner, device, sign_in):  # rule P1
    case = builders.a_case(device, owner)
    folder = app.config["PORTAL"].photos
    folder.mkdir(parents=True)
    (folder / f"{'a' * 32}.jpg").write_bytes(b"\xff\xd8\xff")
    photo = Attachment.create(case=case, name=f"{'a' * 32}.jpg", width=1, height=1, size=3, at=LATER)
    answer = signed_in.get(f"/cases/{case.number}/photos/{photo.id}")
    assert (answer.mimetype, answer.data) == ("image/jpeg", b"\xff\xd8\xff")
    other = builders.a_case(builders.a_device(device.salon), owner)
    assert signed_in.get(f"/cases/{other.number}/photos/{photo.id}").status_code == 404
    (folder / f"{'a' * 32}.jpg").unlink()
    assert signed_in.get(f"/cases/{case.number}/photos/{photo.id}").status_code == 404
    stranger = app.test_client()
    sign_in(stranger, builders.an_owner())
    assert stranger.get(f"/cases/{case.number}/photos/{photo.id}").status_code == 404
