"""The operator's logo: an SVG of which only drawing is left, or a new PNG; nothing in it can act.

It is shown as a picture only. Yet its address can be opened too, so everything that is not drawing goes:
scripts, handlers, links, other files, embedded pictures, text of other namespaces.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO
from xml.etree import ElementTree as tree

import tinycss2
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as safe_tree
from PIL import Image

MOST_BYTES = 300 * 1024
MOST_PIXELS = 16_000_000
SHOWN = (480, 160)  # pixels: three times of what pages show
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
MOST_ELEMENTS = 5_000


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _names(
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan"
    " linearGradient radialGradient stop clipPath mask style"
)
DRAWN = _names("path rect circle ellipse line polyline polygon text")
UNSEEN = _names("defs symbol clipPath mask linearGradient radialGradient style title desc")
"""What shows nothing where it stands: `use` or a colour may show it elsewhere."""
ATTRIBUTES = _names(
    "id class viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform"
    " fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin"
    " stroke-miterlimit stroke-dasharray stroke-dashoffset opacity clip-path clip-rule mask color style"
    " offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits"
    " maskContentUnits font-family font-size font-weight font-style text-anchor letter-spacing dx dy rotate"
    " display visibility version vector-effect paint-order"
)
PROPERTIES = ATTRIBUTES - {"id", "class", "style", "d", "points"}
FUNCTIONS = _names("rgb rgba hsl hsla matrix translate scale rotate skewx skewy")
_OWN_PART = re.compile(r"""\s*url\(\s*["']?#[\w.:-]+["']?\s*\)\s*(?:[\w#]+\s*)?""")


class LogoProblem(StrEnum):
    """Why a file was not taken."""

    TOO_LARGE = "too_large"
    NOT_A_LOGO = "not_a_logo"
    BROKEN = "broken"
    EMPTY = "empty"
    NOTHING_DRAWN = "nothing_drawn"


class LogoRefused(ValueError):
    """The file was not taken; `reason` says why."""

    def __init__(self, reason: LogoProblem) -> None:
        """Keep the reason."""
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class CleanLogo:
    """A logo as it may be served, and the digest by which it is addressed."""

    content: bytes
    kind: str

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content in hex."""
        return sha256(self.content).hexdigest()


def read(stream: BinaryIO) -> CleanLogo:
    """Return the logo made harmless: an SVG with nothing but drawing, or a PNG of our own making.

    Raises LogoRefused with the reason; at most 300 KB are read.
    """
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise LogoRefused(LogoProblem.TOO_LARGE)
    if not content:
        raise LogoRefused(LogoProblem.EMPTY)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return CleanLogo(_png(content), "image/png")
    return CleanLogo(_svg(content), "image/svg+xml")


def _png(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=("PNG",)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise LogoRefused(LogoProblem.TOO_LARGE)
            drawn = picture.convert("RGBA")
    except LogoRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoRefused(LogoProblem.TOO_LARGE) from error
    except Exception as error:  # decoders raise whatever they like
        raise LogoRefused(LogoProblem.BROKEN) from error
    drawn.thumbnail(SHOWN, Image.Resampling.LANCZOS)
    drawn.info.clear()
    png = BytesIO()
    drawn.save(png, "PNG", optimize=True)
    return png.getvalue()


def _svg(content: bytes) -> bytes:
    try:
        return _drawing(content)
    except RecursionError as error:  # elements or brackets in each other, far deeper than any drawing
        raise LogoRefused(LogoProblem.BROKEN) from error


def _drawing(content: bytes) -> bytes:
    try:
        root = safe_tree.fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, tree.ParseError, ValueError, LookupError) as error:
        raise LogoRefused(LogoProblem.NOT_A_LOGO) from error
    if root.tag not in (f"{{{SVG}}}svg", "svg"):
        raise LogoRefused(LogoProblem.NOT_A_LOGO)
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise LogoRefused(LogoProblem.TOO_LARGE)
    clean = _cleaned(root)
    if clean is None or len(clean) == 0:
        raise LogoRefused(LogoProblem.EMPTY)
    if not _draws(clean, {one.get("id"): one for one in clean.iter() if one.get("id")}):
        raise LogoRefused(LogoProblem.NOTHING_DRAWN)
    tree.register_namespace("", SVG)
    return tree.tostring(clean, encoding="utf-8", xml_declaration=True)


def _cleaned(element: tree.Element) -> tree.Element | None:
    """Return a copy with what may stay, or None if the element itself may not."""
    name = _local(element.tag)
    if name == "a":
        name = "g"  # the link goes, what is drawn in it stays
    if name not in ELEMENTS:
        return None
    copy = tree.Element(f"{{{SVG}}}{name}")
    for attribute, value in element.attrib.items():
        kept = _kept(attribute, value)
        if kept is not None:
            copy.set(*kept)
    copy.text = _rules_of(element.text or "") if name == "style" else element.text
    for child in element if name != "style" else ():
        inner = _cleaned(child)
        if inner is not None:
            inner.tail = child.tail
            copy.append(inner)
    return copy


def _draws(element: tree.Element, named: dict[str | None, tree.Element]) -> bool:
    """Tell whether anything of a cleaned drawing can be seen."""
    name = _local(element.tag)
    if name in UNSEEN:
        return False
    if name == "use":
        shown = named.get(element.get("href", "").strip()[1:])
        return shown is not None and any(_local(one.tag) in DRAWN for one in shown.iter())
    if name == "text":
        return bool("".join(element.itertext()).strip())
    return name in DRAWN or any(_draws(child, named) for child in element)


def _local(tag: object) -> str:
    """Return an element's name if it belongs to SVG, else nothing; comments have no text as their tag."""
    if not isinstance(tag, str):
        return ""
    namespace, brace, name = tag.rpartition("}")
    return name if not brace or namespace == "{" + SVG else ""


def _kept(attribute: str, value: str) -> tuple[str, str] | None:
    if attribute in ("href", f"{{{XLINK}}}href"):
        return ("href", value) if re.fullmatch(r"#[\w.:-]+", value.strip()) else None
    if attribute not in ATTRIBUTES:
        return None
    if attribute == "style":
        return attribute, "; ".join(_declarations(value))
    return (attribute, value) if _is_harmless(value) else None


def _is_harmless(value: str) -> bool:
    """Tell whether a value reaches nothing outside of the drawing."""
    if "url(" in re.sub(r"\s", "", value).casefold():
        return bool(_OWN_PART.fullmatch(value))
    return "\\" not in value and ":" not in value


def _rules_of(text: str) -> str:
    """Return the style sheet with plain rules only: nothing is imported, nothing fetched."""
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    kept = []
    for rule in (rule for rule in rules if rule.type == "qualified-rule"):
        selector = tinycss2.serialize(rule.prelude).strip()
        if re.fullmatch(r"[\w\s.,#*>-]+", selector):
            kept.append(f"{selector}{{{'; '.join(_declarations(tinycss2.serialize(rule.content)))}}}")
    return "\n".join(kept)


def _declarations(text: str) -> list[str]:
    found = tinycss2.parse_declaration_list(text, skip_comments=True, skip_whitespace=True)
    return [
        f"{one.lower_name}:{tinycss2.serialize(one.value).strip()}"
        for one in found
        if one.type == "declaration" and one.lower_name in PROPERTIES and _may_stand(one.value)
    ]


def _may_stand(tokens: list) -> bool:
    """Tell whether a value is made of words, numbers, colours and parts of the drawing alone."""
    for token in tokens:
        if token.type == "url":
            if not token.value.startswith("#"):
                return False
        elif token.type == "function":
            if token.lower_name == "url":
                inner = [one for one in token.arguments if one.type == "string"]
                if len(inner) != 1 or not inner[0].value.startswith("#"):
                    return False
            elif token.lower_name not in FUNCTIONS:
                return False
        elif token.type in ("{} block", "error", "at-keyword"):
            return False
    return True
