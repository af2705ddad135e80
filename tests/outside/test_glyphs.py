"""Does paper say every name in letters that our own fonts have, and nothing in empty boxes?"""

from dataclasses import replace

import pytest

from portal.outside import glyphs
from tests.outside import reading
from tests.outside.papers import RECORD, STATIC, print_paper

LETTERS = glyphs.letters_of([STATIC / "documents.css", STATIC / "papers.css"])


@pytest.mark.parametrize(
    "name",
    ["Ayşe Yılmaz İĞ", "Nguyễn Thị Phượng", "Łukasz Święty", "Ελένη", "Жанна Їжак", "صالون ليلى", "ẞß„“–€−"],
)
def test_names_of_the_languages_of_our_salons_stay_as_they_are(name):  # rule P5
    assert glyphs.printable(name, LETTERS) == name


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("💇‍♀️ Haarstudio ✨", "\u200d Haarstudio "),
        ("Caf\u0065\u0301", "Café"),
        ("ﬁne １２", "fine 12"),
        ("美容室 Köln", "??? Köln"),
        ("שלום", "????"),
        ("\ue000\u0007x", "x"),
        ("💇", "?"),
        ("eins\u3000zwei", "eins zwei"),
        ("  ", "  "),
    ],
)
def test_what_no_font_of_ours_has_is_replaced_in_sight(written, printed):
    assert glyphs.printable(written, LETTERS) == printed


def test_a_style_sheet_without_fonts_knows_no_letters(tmp_path):
    (tmp_path / "plain.css").write_text("p { color: #000 }")
    assert glyphs.letters_of([tmp_path / "plain.css"]) == frozenset()


def test_a_paper_with_every_kind_of_letter_uses_our_fonts_only():  # rule C2
    names = "Ayşe 💇‍♀️ 美容室 Ελένη Жанна صالون Nguyễn"
    paper = print_paper("outage_record.html", replace(RECORD, company=names, name=names))
    fonts = {font.partition("+Sans-")[2] for font in reading.fonts_of(paper)}
    assert fonts <= reading.OURS
    text = reading.text_of(paper)
    for word in ("Ayşe", "???", "Ελένη", "Жанна", "Nguyễn"):
        assert word in text
