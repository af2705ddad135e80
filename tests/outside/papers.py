"""Papers to print in tests: frozen plain data as the pages give it, the real templates, the real style sheets."""

import unicodedata
from io import BytesIO

import pypdf
import pypdfium2

from portal.outside import codes, pdf
from portal.web.documents import Vendor
from tests.outside.slips import PAGES, STATIC

CSS = ["documents.css", "papers.css"]
URL = "https://reparatur.beispiel-kasse.de/cases/R260042173"
NUMBER = "R260042173"
GROUPED = "R26-004-217-3"
TSE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789abcdeffedcba9876543210"
VENDOR = Vendor(
    brand="Beispiel-Kasse",
    origin=(
        "IT-Systemhaus Muster UG (haftungsbeschränkt)",
        "Martina Muster",
        "Hauptstraße 122",
        "51465 Bergisch Gladbach",
    ),
    phone="+49 2202 98765",
    hours="Montag bis Freitag, 9 bis 18 Uhr, Samstag 9 bis 14 Uhr",
    email="support@beispiel-kasse.de",
)
RECIPIENT = ("Salon Haarwerk", "Ayşe Yılmaz", "Große Gasse 7a", "50667 Köln")


def print_paper(template, paper, **values):
    """Return the paper as PDF; texts stay German."""
    return pdf.render(html_of(template, paper, **values), css=CSS, base=STATIC)


def html_of(template, paper, **values):
    """Return the paper's page, with the codes it asks for."""
    given = {
        "qr": codes.data_uri(codes.qr_png(values.pop("url", URL))),
        "bars": codes.data_uri(codes.code128_png(NUMBER)),
    }
    return PAGES.get_template(f"documents/{template}").render(paper=paper, **{**given, **values})
