"""Codes that a scanner reads from paper: QR and Code 128, as crisp black-and-white PNG."""

import io
from base64 import b64encode

import barcode
import segno
from barcode.writer import ImageWriter
from PIL import Image

MASK = 3  # fixed: trying all eight masks takes longer than all the rest of the code
QUIET = 10  # modules of white on both sides of a bar code


def qr_png(text: str, *, scale: int = 6) -> bytes:
    """Return a QR code (never a Micro QR, which many scanners cannot read) as 1-bit PNG."""
    made = io.BytesIO()
    segno.make(text, micro=False, error="m", mask=MASK).save(made, kind="png", scale=scale, border=4)
    return made.getvalue()


def code128_png(text: str, *, scale: int = 3, height: int = 90) -> bytes:
    """Return a Code 128 with `scale` pixels a module and a quiet zone, as 1-bit PNG."""
    bars = barcode.get("code128", text, writer=ImageWriter()).build()[0]
    row = Image.new("1", (len(bars) + 2 * QUIET, 1), 1)
    row.putdata([1] * QUIET + [0 if bar == "1" else 1 for bar in bars] + [1] * QUIET)
    made = io.BytesIO()
    row.resize((row.width * scale, height), Image.Resampling.NEAREST).save(made, "PNG", optimize=True)
    return made.getvalue()


def data_uri(png: bytes) -> str:
    """Return the PNG as an address that holds it."""
    return "data:image/png;base64," + b64encode(png).decode()
