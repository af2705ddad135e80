"""Which letters can our own fonts print?  What they cannot is replaced in sight, never left as an empty box.

Whether a machine has other fonts that know a letter is luck, and two machines would print two papers. So only
the fonts that the style sheets name count. They know Latin with Turkish and Vietnamese, Greek, Cyrillic and
Arabic; pictures and invisible signs are left out, letters of other scripts become a question mark.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

from fontTools.ttLib import TTFont

FONT = re.compile(r"""url\(["']?([^"')]+\.(?:woff2|ttf))["']?\)""")
UNKNOWN = "?"
LAYOUT = frozenset("\n\t ")
WITHOUT_SIGN = ("C", "M", "So", "Sk")  # controls, marks, pictures, modifiers: nothing is read out for them
NAMED_BY_STYLE = "data-foot"  # an attribute that a style sheet prints


def letters_of(sheets: Iterable[Path]) -> frozenset[str]:
    """Return the letters that the fonts named in these style sheets have; none named, none known."""
    fonts = {sheet.parent / name for sheet in sheets for name in FONT.findall(sheet.read_text("utf-8"))}
    return frozenset(letter for font in fonts for letter in _letters(font))


@lru_cache(maxsize=32)
def _letters(font: Path) -> frozenset[str]:
    with TTFont(font, lazy=True) as opened:
        return frozenset(map(chr, opened.getBestCmap())) | LAYOUT


def make_printable(root: Element, letters: frozenset[str]) -> None:
    """Replace, all over a page, what these letters cannot say; the title is for screens, and stays."""
    for element in root.iter():
        if element.text and element.tag != "title" and not letters.issuperset(element.text):
            element.text = printable(element.text, letters)
        if element.tail and not letters.issuperset(element.tail):
            element.tail = printable(element.tail, letters)
        if not letters.issuperset(element.get(NAMED_BY_STYLE, "")):
            element.set(NAMED_BY_STYLE, printable(element.get(NAMED_BY_STYLE, ""), letters))


def printable(text: str, letters: frozenset[str]) -> str:
    """Return the text in these letters; something that was there never becomes nothing."""
    told = "".join(
        letter if letter in letters else _replaced(letter, letters)
        for letter in unicodedata.normalize("NFC", text)
    )
    return told if told.strip() or not text.strip() else UNKNOWN


def _replaced(letter: str, letters: frozenset[str]) -> str:
    """Return a plainer spelling of one letter: ﬁ → fi, １ → 1, Ǆ → DŽ; nothing for a picture; else "?"."""
    for form in ("NFKC", "NFKD"):
        plain = unicodedata.normalize(form, letter)
        if plain != letter and letters.issuperset(plain):
            return plain
    kind = unicodedata.category(letter)
    if kind.startswith(WITHOUT_SIGN):
        return ""
    return " " if kind.startswith("Z") else UNKNOWN
