"""Slips to print in tests: the plain data a page gives, the real template, the real style sheet."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.outside import codes, pdf

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
CSS = ["documents.css", "slip.css"]


@dataclass(frozen=True)
class Slip:
    """What a slip says, in the words that it says it in."""

    number: str = "R260042173"
    number_grouped: str = "R26-004-217-3"
    case_url: str = "https://reparatur.beispiel-kasse.de/cases/R260042173"
    released: bool = True
    created_on: str = "22. November 2026"
    valid_until: str = "22. Dezember 2026"
    recipient: tuple[str, ...] = (
        "IT-Systemhaus Muster UG (haftungsbeschränkt)",
        "Martina Muster",
        "Hauptstraße 122",
        "51465 Bergisch Gladbach",
        "Deutschland",
    )
    sender_lines: tuple[str, ...] = ("Yılmaz & Söhne GbR", "Salon Haarwerk", "Große Gasse 7a", "50667 Köln")
    sender_town: str = "50667 Köln"
    sender_phone: str = "+49 221 1234567"
    device_name: str = "Kassenserver Mini 4"
    device_serial: str | None = "KS4-2023-0815-77"
    fault: str = (
        "Der Server geht seit heute Morgen nicht mehr an, die grüne Lampe am Netzteil leuchtet aber noch."
    )
    components: tuple[str, ...] = ("Kassenserver", "Netzkabel des Servers", "LAN-Kabel zum Router")
    conditional_tse: bool = False
    not_in_parcel: tuple[str, ...] = ("Bondrucker", "EC-Terminal", "PC oder Tablet", "Kassenlade")
    language: str = "de"
    lapsed_on: str = ""
    is_over: bool = False


PAGES = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True, undefined=StrictUndefined)
PAGES.globals["_"] = lambda text, **values: text % values if values else text


def html_of(slip: Slip) -> str:
    """Return the slip's page; texts stay German."""
    return PAGES.get_template("documents/slip.html").render(
        slip=slip,
        qr=codes.data_uri(codes.qr_png(slip.case_url)),
        code128=codes.data_uri(codes.code128_png(slip.number)),
    )


def print_slip(slip: Slip | None = None) -> bytes:
    """Return the slip as PDF."""
    return pdf.render(html_of(slip or Slip()), css=CSS, base=STATIC)
