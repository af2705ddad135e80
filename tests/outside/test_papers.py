"""Are the papers what their rules ask for, whatever is written into them?  Rules R1, R3, C5, W3, P4, O."""

import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pypdfium2
import pytest

from portal.rules.returns import Homecoming
from portal.web.documents.kit import Kit
from portal.web.documents.outage import OwnLine
from portal.web.documents.outage_words import Measure
from portal.web.documents.quote import Position
from portal.web.documents.return_note import Packed
from tests.outside import papers, reading
from tests.outside.papers import KIT, NOTE, QUOTE, RECORD, SHEET, URL, USUAL, VENDOR, html_of, print_paper
from tests.outside.reading import squeezed, text_of

NAME = (
    "Schöne Haare und Nägel Betriebsgesellschaft mit beschränkter Haftung & Compagnie "
    "Kommanditgesellschaft a. A., Köln-Süd"
)
STREET = "Straße des siebzehnten Juni zum ehemaligen großen Exerzierplatz am Obertor, Hinterhaus, Aufgang 17b"
ABROAD = (NAME, "Nguyễn Thị Phượng Đặng", STREET, "1010 Wien-Innere Stadt", "Österreich")
LONG_VENDOR = replace(VENDOR, brand="Kassensysteme und Zubehör", origin=(NAME, NAME, STREET, "51465 Ort"))
NOBODY = replace(VENDOR, phone="", hours="", email="")
LONG_URL = "https://" + "lang." * 20 + "example/cases/R260042174"
WORDS = "Die Hauptplatine ist defekt, das Netzteil summt, und die Lampe blinkt dreimal. " * 20

LONG = {
    "return_note.html": replace(
        NOTE,
        vendor=LONG_VENDOR,
        recipient=ABROAD,
        home=Homecoming.DECLINED,
        packed=NOTE.packed * 5 + (Packed("W" * 80, ("Seriennummer " + "8" * 80,)),),
        stays=tuple(f"Teil {n}: bleibt bei uns. {WORDS[:200]}" for n in range(6)),
        missing=("LAN-Kabel zwischen Server und Router",),
    ),
    "quote.html": replace(
        QUOTE,
        vendor=LONG_VENDOR,
        recipient=ABROAD,
        device="Kassenserver mit Şıklık " * 3,
        serial="K" * 60,
        fault=WORDS,
        diagnosis=WORDS,
        introduction=WORDS,
        positions=tuple(
            Position(f"Stelle {n}: {WORDS[:185]}", 999, "999,99 €", f"{n},99 €") for n in range(40)
        ),
        inspection_fee="49,00 €",
        replaces=1,
        terms=tuple(f"{n}. {WORDS}" for n in range(5)),
        terms_on="1. November 2026",
    ),
    "outage_record.html": replace(
        RECORD,
        company=NAME + "\nKundennummer K" + "0" * 18,
        site="\n".join(ABROAD),
        reason=WORDS,
        finding=WORDS,
        noticed_by="Жанна Їжак und صالون ليلى",
        measures=tuple(Measure("21.11.2026, 10:14 Uhr", f"Maßnahme {n}", "Support") for n in range(60)),
        substitutes=RECORD.substitutes * 3,
        own_lines=tuple(OwnLine(n, "21.11.2026, 11:30 Uhr", f"{n} {WORDS[:490]}", NAME) for n in range(30)),
    ),
    "facts_sheet.html": replace(
        SHEET, company=NAME, site="\n".join(ABROAD), device="M" * 80, exchanges=SHEET.exchanges * 4
    ),
    "kit.html": replace(KIT, vendor=LONG_VENDOR, case_url=LONG_URL),
}
SHORT = {
    "return_note.html": replace(NOTE, vendor=NOBODY, shipping="", packed=()),
    "quote.html": replace(
        QUOTE, serial="", bought_on="", fault="", diagnosis="", introduction="", positions=QUOTE.positions[:1]
    ),
    "outage_record.html": replace(RECORD, substitutes=(), own_lines=(), measures=RECORD.measures[:1]),
    "facts_sheet.html": replace(SHEET, exchanges=SHEET.exchanges[:1]),
    "kit.html": Kit("de", NOBODY, "http://localhost/"),
}
SHEETS_OF_KIT = 4
every = pytest.mark.parametrize("template", USUAL)


@pytest.fixture(scope="module")
def printed():
    """Print each paper once for all tests that look at it."""
    made = {}

    def once(template, paper):
        key = (template, paper)
        if key not in made:
            made[key] = print_paper(template, paper)
        return made[key]

    return once


def all_texts(value):
    """Return every text of frozen plain data, lines of one text apart."""
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, tuple):
        return [text for one in value for text in all_texts(one)]
    fields = getattr(value, "__dataclass_fields__", ())
    return [text for name in fields for text in all_texts(getattr(value, name))]


def body_of(template, paper, said):
    """Return the text of all pages without their feet, which may stand amid a text that goes on."""
    foot = squeezed(unescape(re.search(r'data-foot="([^"]*)"', html_of(template, said))[1]))
    pages = reading.pages_of(paper)
    feet = [f"{foot}{number}/{len(pages)}" for number in range(1, len(pages) + 1)]
    assert all(end in page for end, page in zip(feet, pages, strict=True))
    return foot + "".join(page.replace(end, "") for end, page in zip(feet, pages, strict=True))


SILENT = {"de", papers.NUMBER, Homecoming.DECLINED, Homecoming.REPAIRED}  # said in other words


@every
@pytest.mark.parametrize("papers_of", [USUAL, LONG, SHORT], ids=["usual", "long", "short"])
def test_nothing_of_what_a_paper_says_is_lost(printed, template, papers_of):  # rules C5, W3, O1–O4
    text = body_of(template, printed(template, papers_of[template]), papers_of[template])
    said = {squeezed(one) for one in all_texts(papers_of[template])} - SILENT - {squeezed(VENDOR.email)}
    if template == "kit.html" and papers_of is not SHORT:
        said -= {squeezed(KIT.start_url), *map(squeezed, papers_of[template].vendor.origin)}
    if template == "kit.html" and papers_of is SHORT:
        said -= set(map(squeezed, VENDOR.origin))
    if template == "quote.html":
        said -= {squeezed(VENDOR.hours)}
    arabic = {one for one in said if any("\u0600" <= letter <= "\u06ff" for letter in one)}  # shaped anew
    assert [one for one in said - arabic if one not in text] == []


@every
def test_a_usual_paper_has_the_pages_it_should(printed, template):
    wanted = SHEETS_OF_KIT if template == "kit.html" else 1
    assert len(reading.read(printed(template, USUAL[template])).pages) == wanted


@every
def test_a_long_paper_goes_on_and_numbers_its_pages(printed, template):
    pages = reading.pages_of(printed(template, LONG[template]))
    assert len(pages) > (SHEETS_OF_KIT - 1 if template == "kit.html" else 1)
    for number, page in enumerate(pages, start=1):
        assert page.endswith(f"{number}/{len(pages)}")


@every
def test_nothing_stands_outside_the_page_or_in_its_margin(printed, template):
    paper = printed(template, LONG[template])
    for number in range(len(reading.read(paper).pages)):
        page = reading.rendered(paper, 72, number)
        right = page.crop((page.width - 40, 0, page.width, page.height))
        below = page.crop((0, page.height - 30, page.width, page.height))
        assert min(right.getextrema()[0], below.getextrema()[0]) > 250, f"page {number + 1}"


@every
def test_the_same_paper_has_the_same_bytes(printed, template):
    assert print_paper(template, USUAL[template]) == printed(template, USUAL[template])


@every
def test_a_paper_is_black_on_white(printed, template):
    with pypdfium2.PdfDocument(printed(template, USUAL[template])) as document:
        for page in document:
            red, green, blue = page.render(scale=0.7).to_pil().convert("RGB").split()
            assert red.tobytes() == green.tobytes() == blue.tobytes()


@every
@pytest.mark.parametrize("papers_of", [USUAL, LONG, SHORT], ids=["usual", "long", "short"])
def test_a_page_is_well_formed_so_the_fast_parser_reads_it(template, papers_of):
    assert ElementTree.XML(html_of(template, papers_of[template])).tag == "html"


TITLES = {
    "return_note.html": f"Rücksendeschein {papers.GROUPED}",
    "quote.html": f"Kostenvoranschlag 2 · {papers.GROUPED}",
    "outage_record.html": f"Ausfallprotokoll {papers.GROUPED}",
    "facts_sheet.html": f"Datenblatt zum Tausch {papers.GROUPED}",
    "kit.html": f"Notfallmappe {papers.GROUPED}",
}


@every
def test_a_file_says_that_it_is_accessible_and_is_tagged(printed, template):  # PDF/UA-1
    paper = printed(template, USUAL[template])
    assert reading.promises_of(paper) == ("de", TITLES[template])
    tags, words = reading.tags_of(paper)
    assert {"/H1", "/H2", "/P"} <= set(tags)
    assert tags.count("/Figure") == len(words)
    if "table" in html_of(template, USUAL[template]):
        assert {"/Table", "/TR", "/TH" if template != "return_note.html" else "/TD"} <= set(tags)


def test_a_paper_of_another_language_says_which():  # rule P5
    paper = print_paper("facts_sheet.html", replace(SHEET, language="en"))
    assert reading.promises_of(paper)[0] == "en"


@every
def test_only_our_own_fonts_are_in_the_file(printed, template):
    fonts = reading.fonts_of(printed(template, LONG[template]))
    assert {font.partition("+Sans-")[2] for font in fonts} <= reading.OURS


@pytest.mark.parametrize("template", ["return_note.html", "quote.html"])
@pytest.mark.parametrize("papers_of", [USUAL, LONG], ids=["usual", "long"])
def test_letters_have_their_codes_and_stand_in_the_window(printed, template, papers_of):  # rules C2, C5
    paper, said = printed(template, papers_of[template]), papers_of[template]
    found = {}
    for page in range(len(reading.read(paper).pages)):
        found |= reading.codes_of(paper, page)
    assert found == {"Code128": papers.NUMBER, "QRCode": URL}
    assert reading.in_box(paper, reading.RECIPIENT) == squeezed("".join(said.recipient))
    assert reading.in_box(paper, reading.RETURN_LINE) == squeezed("·".join(said.vendor.origin))


def test_the_fold_marks_of_a_letter_stand_where_the_norm_wants_them(printed):  # DIN 5008 form B
    picture = reading.rendered(printed("quote.html", QUOTE))
    edge = picture.crop((int(5.5 * reading.DOT), 0, int(8.5 * reading.DOT), picture.height))
    edge = edge.resize((1, picture.height))
    dark = [row / reading.DOT for row in range(edge.height) if edge.getpixel((0, row)) < 128]
    for mark in (105, 148.5, 210):
        assert min(abs(at - mark) for at in dark) < 0.35


def test_the_return_note_warns_in_the_largest_letters(printed):  # rule R1
    paper = printed("return_note.html", NOTE)
    with pypdfium2.PdfDocument(paper) as document:
        text = document[0].get_textpage()
        at = text.get_text_range().index("Noch nicht benutzen!")
        boxes = [text.get_charbox(n) for n in range(text.count_chars())]
        heights = [top - bottom for _left, bottom, _right, top in boxes]
    assert max(heights) == max(heights[at : at + len("Noch nicht benutzen!")])
    assert squeezed("schwere Fehler, die niemand mehr berichtigen kann") in text_of(paper)


def test_the_return_note_says_what_may_be_done_and_how_to_book(printed):  # rules R3, R4, T7, T8
    text = text_of(printed("return_note.html", NOTE))
    for words in ("Schließen Sie den Strom an", "Schließen Sie den Router an", "Mehr nicht.", "freien Termin",
                  "RustDesk", "TeamViewer unterstützen wir nicht", "bedient im Salon niemand"):  # fmt: skip
        assert squeezed(words) in text


def test_a_server_that_was_not_repaired_is_said_to_be_so(printed):  # rules R1, W3
    words = squeezed("Der Server ist nicht repariert.")
    assert words in text_of(print_paper("return_note.html", replace(NOTE, home=Homecoming.NOT_REPAIRABLE)))
    assert words not in text_of(printed("return_note.html", NOTE))


def test_every_part_of_the_packing_list_has_a_box_to_tick(printed):  # rule C5
    assert html_of("return_note.html", NOTE).count('class="tick"') == len(NOTE.packed)


def test_a_quote_says_that_silence_is_none_and_a_fee_only_if_agreed(printed):  # rules W3, P4
    usual, long = text_of(printed("quote.html", QUOTE)), text_of(printed("quote.html", LONG["quote.html"]))
    assert squeezed("Wir reparieren nichts, bevor Sie") in usual
    assert squeezed("Schweigen ist keine Annahme") in usual
    assert squeezed("kostet die Überprüfung") not in usual
    assert squeezed("kostet die Überprüfung 49,00 €") in long
    assert squeezed("Bedingungen, Stand 1. November 2026") in long
    assert squeezed("ersetzt Nr. 1") in long


def test_a_record_says_whether_it_lasts_and_leaves_room_to_sign(printed):  # rules O1, O3
    lasting = text_of(printed("outage_record.html", RECORD))
    ended = replace(RECORD, end="1.12.2026, 9:00 Uhr, Kassenserver in Betrieb genommen", is_over=True)
    over = text_of(print_paper("outage_record.html", ended))
    assert squeezed("Stand: 24.11.2026, 10:14 Uhr – Ausfall dauert an") in lasting
    assert squeezed("Ausfall dauert an") not in over
    for text in (lasting, over):
        assert squeezed("Eigene Angaben des Salons") in text
        assert squeezed("Unterschrift") in text
        assert text.count(squeezed("Steuerberatung")) == 1


def test_a_whole_repair_with_a_link_fits_one_page():  # rule O1
    record = replace(RECORD, own_lines=(), measures=RECORD.measures[1:] * 22)
    assert len(reading.pages_of(print_paper("outage_record.html", record))) == 1


@pytest.mark.parametrize("many", [30, 33])  # the signature alone would have gone on
def test_nobody_signs_an_empty_sheet(many):  # rule O1
    record = replace(RECORD, own_lines=(), substitutes=(), measures=RECORD.measures[:1] * many)
    pages = reading.pages_of(print_paper("outage_record.html", record))
    assert len(pages) == 2
    assert squeezed("Unterschrift") in pages[-1]
    assert pages[-1].count(squeezed(RECORD.measures[0].what)) >= 3


@pytest.mark.parametrize("template", ["outage_record.html", "facts_sheet.html"])
def test_facts_come_without_orders(template):  # rule O3
    html = html_of(template, USUAL[template])
    for word in ("müssen", "muss ", "dürfen", "Pflicht", "sollten"):
        assert word not in html


def test_the_kit_has_a_sheet_for_each_need(printed):  # rules O4, L8
    pages = reading.pages_of(printed("kit.html", KIT))
    first, terminal, receipts, entries = pages
    for words in (VENDOR.phone, VENDOR.hours, papers.GROUPED):
        assert squeezed(words) in first
    assert squeezed("manuellen Betrieb um, ohne Verbindung zur Kasse") in terminal
    assert receipts.count(squeezed("Beleg Nr.")) == 4
    assert squeezed("Später in die Kasse eintragen") in entries
    assert reading.codes_of(printed("kit.html", KIT)) == {"QRCode": URL}


def test_the_kit_for_everybody_leaves_a_line_for_the_number(printed):  # rule O4
    first = printed("kit.html", SHORT["kit.html"])
    assert squeezed("Hier eintragen") in text_of(first)
    assert reading.codes_of(first) == {"QRCode": "http://localhost/"}
