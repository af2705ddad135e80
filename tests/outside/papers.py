"""Papers to print in tests: frozen plain data as pages give it, the real templates and style sheets."""

from portal.outside import codes, pdf
from portal.rules.returns import Homecoming
from portal.web.documents import Vendor
from portal.web.documents.facts_sheet import Exchange, FactsSheet, Side
from portal.web.documents.kit import Kit
from portal.web.documents.outage import OutageRecord, OwnLine
from portal.web.documents.outage_words import Measure, Period, Substitute
from portal.web.documents.quote import Position, QuotePaper
from portal.web.documents.return_note import Packed, ReturnNote
from tests.outside.slips import PAGES, STATIC

CSS = ["documents.css", "papers.css"]
URL = "https://reparatur.beispiel-kasse.de/cases/R260042174"
NUMBER = "R260042174"
GROUPED = "R26-004-217-4"
HEX = "0f1e2d3c 4b5a6978 8796a5b4 c3d2e1f0 01234567 89abcdef fedcba98 76543210"
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

NOTE = ReturnNote(
    language="de",
    number=NUMBER,
    number_grouped=GROUPED,
    case_url=URL,
    stand="24. November 2026",
    vendor=VENDOR,
    recipient=RECIPIENT,
    shipping="DHL, Sendungsnummer 00340434161094042557",
    home=Homecoming.REPAIRED,
    packed=(
        Packed("Kassenserver", ("Seriennummer KS4-2023-0815-77",)),
        Packed("Netzkabel des Kassenservers"),
        Packed("LAN-Kabel zwischen Server und Router"),
        Packed("Swissbit-TSE (USB-Stick)", (f"TSE-Seriennummer {HEX}", "BSI-Zertifikat BSI-K-TR-0490-2021")),
    ),
    stays=(),
    missing=(),
)
QUOTE = QuotePaper(
    language="de",
    number=NUMBER,
    number_grouped=GROUPED,
    quote_number=2,
    replaces=None,
    is_draft=False,
    sent_on="22. November 2026",
    valid_until="6. Dezember 2026",
    case_url=URL,
    vendor=VENDOR,
    company=VENDOR.origin[0],
    recipient=RECIPIENT,
    device="Kassenserver",
    serial="KS4-2023-0815-77",
    bought_on="2. Mai 2021",
    fault="Er startet nicht. Die Lampe blinkt.",
    diagnosis="Die Hauptplatine ist defekt.",
    introduction="Guten Tag,\nso können wir Ihren Kassenserver wieder herrichten.",
    positions=(
        Position("Hauptplatine tauschen", 1, "189,00 €", "189,00 €"),
        Position("Arbeitszeit, je Viertelstunde", 2, "24,50 €", "49,00 €"),
        Position("Rabatt", 1, "−45,00 €", "−45,00 €"),
    ),
    net="193,00 €",
    vat_percent=19,
    vat="36,67 €",
    total="229,67 €",
    inspection_fee="",
    terms=(),
    terms_on="",
)
RECORD = OutageRecord(
    language="de",
    name=GROUPED,
    stand="24.11.2026, 10:14 Uhr",
    brand=VENDOR.brand,
    company="Haarwerk GmbH\nKundennummer K00042",
    site="Salon Haarwerk\nLindenstraße 8\n51469 Bergisch Gladbach",
    device="Kassenserver\nSeriennummer KS4-2023-0815-77",
    tse=f"{HEX}\nBSI-K-TR-0490-2021",
    began="21.11.2026, 9:58 Uhr (Server zuletzt online, Angabe des Salons)",
    noticed_by="Ada Muster",
    kind="Kassenserver ausgefallen\nTSE außer Betrieb: Sie steckt als USB-Stick im Kassenserver.",
    reason="Er startet nicht.",
    finding="",
    measures=(
        Measure("21.11.2026, 10:14 Uhr", "Störung gemeldet", "Salon"),
        Measure("24.11.2026, 10:14 Uhr", "Kassenserver beim Support angekommen", "Support"),
    ),
    substitutes=(
        Substitute(
            "Ersatzlink 3 (digitale Kasse im Browser)",
            (
                Period("21.11.2026, 11:00 Uhr", "24.11.2026, 12:00 Uhr", "nur ansehen, mit Belegsperre"),
                Period("24.11.2026, 12:00 Uhr", "", "voller Link"),
            ),
            "24.11.2026, 12:00 Uhr",
            "21.12.2026, 11:00 Uhr",
        ),
    ),
    end="",
    is_over=False,
    own_lines=(
        OwnLine(1, "21.11.2026, 11:30 Uhr", "Belege von Hand, Nr. 1 bis 14", "21.11.2026, 18:00 Uhr von Ada"),
    ),
)
SHEET = FactsSheet(
    language="de",
    number_grouped=GROUPED,
    stand="24. November 2026",
    brand=VENDOR.brand,
    company=RECORD.company,
    site=RECORD.site,
    device="Kassenserver",
    exchanges=(
        Exchange(
            "Kassenserver",
            False,
            Side("KS4-2023-0815-77", "", "21. November 2026"),
            Side("KS5-2026-0001-01", "", "24. November 2026"),
        ),
        Exchange(
            "TSE",
            True,
            Side(HEX, "BSI-K-TR-0490-2021", "21. November 2026"),
            Side(HEX[::-1], "BSI-K-TR-0612-2024", ""),
        ),
    ),
)
KIT = Kit("de", VENDOR, "https://reparatur.beispiel-kasse.de/", GROUPED, URL)
USUAL = {
    "return_note.html": NOTE,
    "quote.html": QUOTE,
    "outage_record.html": RECORD,
    "facts_sheet.html": SHEET,
    "kit.html": KIT,
}


def print_paper(template, paper):
    """Return the paper as PDF; texts stay German."""
    return pdf.render(html_of(template, paper), css=CSS, base=STATIC)


def html_of(template, paper):
    """Return the paper's page, with the codes it asks for."""
    address = getattr(paper, "url", "") or getattr(paper, "case_url", "") or URL
    return PAGES.get_template(f"documents/{template}").render(
        paper=paper,
        qr=codes.data_uri(codes.qr_png(address)),
        bars=codes.data_uri(codes.code128_png(NUMBER)),
    )
