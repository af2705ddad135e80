"""A logo is a picture: of an SVG only the drawing is left, of a PNG only the pixels."""

from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from portal.outside import logos
from portal.outside.logos import LogoProblem, LogoRefused

FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 9 9"{}>{}</svg>'
)
DRAWING = '<path d="M0 0h9v9z" fill="#0b5d66"/>'


def cleaned(inner: str, attributes: str = "") -> str:
    return logos.read(BytesIO(FRAME.format(attributes, inner).encode())).content.decode()


def refusal_of(content: bytes) -> LogoProblem:
    with pytest.raises(LogoRefused) as refused:
        logos.read(BytesIO(content))
    return refused.value.reason


@pytest.mark.parametrize(
    "deep", ["<g>" * 3000 + DRAWING + "</g>" * 3000, f"<style>path{{fill:{'(' * 3000}}}</style>{DRAWING}"]
)
def test_what_is_nested_deeper_than_any_drawing_is_refused(deep):
    assert refusal_of(FRAME.format("", deep).encode()) is LogoProblem.BROKEN


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<script xlink:href="https://evil.example/x.js"/>',
        '<g onclick="alert(1)" onload="alert(1)"><path d="M0 0"/></g>',
        '<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml" onclick="evil()"/></foreignObject>',
        '<image href="https://evil.example/p.png"/>',
        '<image xlink:href="data:image/svg+xml;base64,PHN2Zz48c2NyaXB0Lz48L3N2Zz4="/>',
        '<use href="https://evil.example/x.svg#a"/>',
        '<use xlink:href="data:image/svg+xml,evil#a"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<path d="M0 0" style="fill: url(https://evil.example/f.svg#a)"/>',
        '<path d="M0 0" style="fill: url(&quot;https://evil.example/f&quot;)"/>',
        r'<path d="M0 0" style="fill: u\72l(https://evil.example)"/>',
        '<path d="M0 0" fill="url(https://evil.example/f.svg#a)"/>',
        '<path d="M0 0" fill="url( //evil.example )"/>',
        "<style>@import url(https://evil.example/a.css); path { fill: url(//evil.example) }</style>",
        "<style>path { background: red; fill: image(evil) } @font-face { src: url(//evil.example) }</style>",
        '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
        '<handler xmlns="http://www.w3.org/2001/xml-events" type="evil">alert(1)</handler>',
        '<?xml-stylesheet href="https://evil.example/a.css"?><metadata>evil alert</metadata>',
        '<svg onload="alert(1)"><iframe src="https://evil.example"/></svg>',
    ],
)
def test_of_an_svg_with_a_script_or_a_way_out_only_the_drawing_is_left(attack):
    left = cleaned(DRAWING + attack)
    assert "M0 0h9v9z" in left
    for trace in ("evil", "alert", "script", "data:", "onload", "onclick", "import", "iframe"):
        assert trace not in left


def test_what_logos_are_drawn_with_stays():
    inner = (
        '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient>'
        '<clipPath id="c"><rect width="9" height="9"/></clipPath></defs>'
        "<style>.b{fill:#0b5d66; stroke: rgb(1, 2, 3)} .b, g > path {opacity:.5}</style>"
        '<g transform="translate(1 2)" clip-path="url(#c)"><path class="b" d="M0 0" style="fill:url(#a)"/>'
        '<use xlink:href="#a"/><text x="1" font-size="3">Salon &amp; Co</text></g>'
    )
    left = cleaned(inner, ' width="90" height="90"')
    for part in (
        'id="a"', "stop-color", "fill:#0b5d66", "stroke:rgb(1, 2, 3)", "opacity:.5", "translate(1 2)",
        'clip-path="url(#c)"', "fill:url(#a)", 'href="#a"', "Salon &amp; Co",
        'viewBox="0 0 9 9"', 'width="90"',
    ):  # fmt: skip
        assert part in left, part
    assert logos.read(BytesIO(left.encode())).content.decode() == left, "cleaning twice changes nothing"


@pytest.mark.parametrize(
    "inner",
    [
        f'<a href="https://shop.example/">{DRAWING}</a>',
        f'<defs><symbol id="s">{DRAWING}</symbol></defs><use href="#s"/>',
    ],
)
def test_what_is_drawn_in_a_link_or_elsewhere_stays_without_the_link(inner):
    left = cleaned(inner)
    assert "M0 0h9v9z" in left
    assert "shop" not in left


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", LogoProblem.EMPTY),
        (b"<html><script>alert(1)</script></html>", LogoProblem.NOT_A_LOGO),
        (b"%PDF-1.7", LogoProblem.NOT_A_LOGO),
        (b"\xff\xd8\xff\xe0JFIF", LogoProblem.NOT_A_LOGO),
        (FRAME.format("", "<script/>").encode(), LogoProblem.EMPTY),
        (FRAME.format("", "<style/><use href='#gone'/>").encode(), LogoProblem.NOTHING_DRAWN),
        (FRAME.format("", f"<defs>{DRAWING}</defs><text> </text>").encode(), LogoProblem.NOTHING_DRAWN),
        (
            FRAME.format("", "<image href='data:image/png;base64,AA'/><g/>").encode(),
            LogoProblem.NOTHING_DRAWN,
        ),
        (b"x" * (logos.MOST_BYTES + 1), LogoProblem.TOO_LARGE),
        (b"\x89PNG\r\n\x1a\nbroken", LogoProblem.BROKEN),
        (
            b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
            b'<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>',
            LogoProblem.NOT_A_LOGO,
        ),
        (
            b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            b'<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
            LogoProblem.NOT_A_LOGO,
        ),
        (FRAME.format("", "<path d='M0 0'/>" * 6000).encode(), LogoProblem.TOO_LARGE),
    ],
)
def test_what_is_no_logo_is_refused_with_its_reason(content, reason):
    assert refusal_of(content) is reason


def test_a_png_is_made_anew_and_small():
    extras = PngImagePlugin.PngInfo()
    extras.add_text("Comment", "evil")
    png = BytesIO()
    Image.new("RGBA", (2000, 1000), (11, 93, 102, 128)).save(png, "PNG", pnginfo=extras)
    logo = logos.read(BytesIO(png.getvalue() + b"<script>evil</script>"))
    with Image.open(BytesIO(logo.content)) as made:
        assert (made.format, made.width) == ("PNG", 320)
        assert made.getpixel((5, 5))[3] == 128, "what is see-through stays so"
    assert b"evil" not in logo.content


def test_a_png_that_unpacks_to_too_much_is_refused():
    png = BytesIO()
    Image.new("1", (20_000, 20_000)).save(png, "PNG")
    assert len(png.getvalue()) < logos.MOST_BYTES
    assert refusal_of(png.getvalue()) is LogoProblem.TOO_LARGE
