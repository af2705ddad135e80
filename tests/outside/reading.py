"""Read a paper back as a reader, a printer, a scanner and a screen reader do."""

import unicodedata
from io import BytesIO

import pypdf
import pypdfium2
import zxingcpp

MM = 72 / 25.4
PAGE = 297
DOT = 300 / 25.4  # dots of the rendered page in a millimetre
WINDOW = (20, 45, 105, 90)  # left, top, right, bottom in mm: DIN 5008 form B
RECIPIENT = (20, 62.7, 105, 90)
RETURN_LINE = (20, 45, 105, 50.1)
SLICES = ("Latin", "More", "Vietnamese", "Greek", "Cyrillic", "Arabic")
OURS = {*SLICES, *(f"{one}-Bold" for one in SLICES)}


def read(paper):
    """Return the file, taken apart."""
    return pypdf.PdfReader(BytesIO(paper))


def squeezed(text):
    """Return the text without blanks and breaks, composed letters as one."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def text_of(paper):
    """Return all the text there is, without blanks."""
    return "".join(pages_of(paper))


def pages_of(paper):
    """Return the text of each page in the order in which it is drawn, without blanks."""
    with pypdfium2.PdfDocument(paper) as document:
        return [squeezed(page.get_textpage().get_text_range()) for page in document]


def in_box(paper, box):
    """Return the text of a box on the page given in mm from the upper left corner."""
    left, top, right, bottom = box
    with pypdfium2.PdfDocument(paper) as document:
        sheet = document[0].get_textpage()
        return squeezed(
            sheet.get_text_bounded(left * MM, (PAGE - bottom) * MM, right * MM, (PAGE - top) * MM)
        )


def rendered(paper, dots_per_inch=300, page=0):
    """Return the page as a black-and-white printer sees it."""
    with pypdfium2.PdfDocument(paper) as document:
        return document[page].render(scale=dots_per_inch / 72, grayscale=True).to_pil()


def codes_of(paper, page=0):
    """Return what a scanner reads from a printed page."""
    return {code.format.name: code.text for code in zxingcpp.read_barcodes(rendered(paper, page=page))}


def fonts_of(paper):
    """Return the names of all pages' fonts; all of them must be inside the file."""
    names = set()
    for page in read(paper).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            description = inner["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(description)
            names.add(str(inner["/BaseFont"]))
    return names


def promises_of(paper):
    """Return language and title of a file that says of itself that it is accessible (PDF/UA-1)."""
    found = read(paper)
    catalogue = found.trailer["/Root"]
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_data()
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    return str(catalogue["/Lang"]), found.metadata.title


def tags_of(paper):
    """Return the tags of a file in their order, and the words of its pictures."""
    tags, words = [], []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            tags.append(str(node.get("/S", "")))
            words.append(str(node.get("/Alt", "")))
            if "/K" in node:
                walk(node["/K"])

    walk(read(paper).trailer["/Root"]["/StructTreeRoot"])
    return tags, [word for word in words if word]
