"""Do machines read our codes?"""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from portal.outside import codes


def picture(png):
    return Image.open(BytesIO(png))


@pytest.mark.parametrize(
    "text",
    ["R260042173", "https://reparatur.beispiel.de/cases/R260042173", "https://beispiel.de/" + "a" * 300],
)
def test_a_qr_code_holds_what_it_was_given(text):  # rule C2
    (found,) = zxingcpp.read_barcodes(picture(codes.qr_png(text)))
    assert found.text == text
    assert "QR" in found.format.name


def test_a_short_text_makes_no_micro_qr_code():  # rule C2: many readers do not know them
    assert picture(codes.qr_png("R26")).width == (21 + 2 * codes.QR_MARGIN) * codes.QR_DOT


@pytest.mark.parametrize("number", ["R260042173", "R000000000", "R991111114"])
def test_bars_hold_the_number(number):  # rule C2
    bars = picture(codes.code128_png(number))
    (found,) = zxingcpp.read_barcodes(bars.resize((bars.width, 80)))
    assert (found.text, found.format.name) == (number, "Code128")


@pytest.mark.parametrize("text", ["", "Grüße", "R26\n"])
def test_bars_refuse_what_they_cannot_hold(text):
    with pytest.raises(ValueError, match="ASCII"):
        codes.code128_png(text)


@pytest.mark.parametrize("make", [codes.qr_png, codes.code128_png])
def test_codes_are_black_and_white_and_the_same_every_time(make):  # rule C2
    assert {colour for _, colour in picture(make("R260042173")).getcolors()} == {0, 255}
    assert make("R260042173") == make("R260042173")


def test_a_data_address_holds_the_picture():
    assert codes.data_uri(b"abc") == "data:image/png;base64,YWJj"


@pytest.mark.parametrize("make", [codes.qr_png, codes.code128_png])
def test_codes_are_read_from_a_photo_however_it_was_held(make):  # rule C2
    code = picture(make("R260042173")).convert("RGB")
    code = code.resize((code.width * 2, max(code.height, 120)))
    photo = Image.new("RGB", (code.width + 300, code.width + 300), "#aaa")
    photo.paste(code, (150, 150))
    for turned in (0, 90, 187):
        assert codes.read_codes(photo.rotate(turned, fillcolor="#aaa")) == ["R260042173"]


def test_a_photo_without_a_code_says_nothing():
    assert codes.read_codes(Image.new("RGB", (300, 200), "white")) == []
