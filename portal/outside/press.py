"""WeasyPrint, held on a short lead; imported by `pdf` on first use only.

Its own fetcher reads any file and follows any address (it embeds /etc/passwd when asked), so ours
answers for pictures inside the page and for style sheets, line art and fonts in one folder, and opens no
connection at all.
"""

from base64 import b64decode
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.etree import ElementTree

from cssselect2 import ElementWrapper
from PIL import ImageFile
from weasyprint import CSS, DEFAULT_OPTIONS, HTML, Document
from weasyprint.css import ComputedStyle, Style
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal.outside import glyphs

# WeasyPrint tells Pillow, for the whole process, to take broken pictures for whole ones; `files` relies on
# the contrary, and so do we.
ImageFile.LOAD_TRUNCATED_IMAGES = False

# Of the 250 lines of WeasyPrint's own style sheet, documents need these: matching all of them against
# every element takes a tenth of the time.
BROWSER_SHEET = """
[hidden], head, link, meta, script, style, template, title { display: none }
address, article, aside, body, dd, div, dl, dt, figcaption, figure, footer, h1, h2, h3, header, html,
main, nav, ol, p, section, ul { display: block }
li { display: list-item }
table { display: table; border-collapse: collapse; box-sizing: border-box }
caption { display: table-caption }
thead { display: table-header-group }
tbody { display: table-row-group }
tr { display: table-row }
td, th { display: table-cell; vertical-align: top }
b, strong, th, h1, h2, h3 { font-weight: bold }
h1 { bookmark-level: 1; bookmark-label: content(text) }
h2 { bookmark-level: 2; bookmark-label: content(text) }
h1, h2, h3 { break-after: avoid }
br::before { content: "\\A"; white-space: pre-line }
img, svg { overflow: hidden }
[dir=rtl] { direction: rtl }
"""


def _of_type(name: str) -> EmailMessage:
    headers = EmailMessage()
    headers["Content-Type"] = name  # taken apart once here, not for each file of each page
    return headers


FILE_TYPES = {
    ".css": _of_type("text/css"),
    ".svg": _of_type("image/svg+xml"),
    ".ttf": _of_type("font/ttf"),
    ".woff2": _of_type("font/woff2"),
}
MOST_STYLES = 1000  # far more than the documents have; then the press starts anew
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class OwnFilesOnly(URLFetcher):
    """Read style sheets, line art and fonts of one folder, and pictures that stand in the page itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols={"file", "data"}, allow_redirects=False, fail_on_errors=True)
        self.folder = folder

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Return what is at `url`; ValueError for all that is not the document's own.

        WeasyPrint turns every error into FatalURLFetchingError: better no paper than one that lacks
        its fonts, and a refusal is never passed over in silence.
        """
        if url[:5].lower() == "data:":
            return self._picture(url)
        return self._file(url)

    def _picture(self, url: str) -> URLFetcherResponse:
        head, _, body = url[5:].partition(";base64,")
        content = b64decode(body, validate=True) if head in PICTURES else b""
        if not content.startswith(PICTURES.get(head, b"\0")):
            raise ValueError("neither a PNG nor a JPEG picture")
        return URLFetcherResponse("data:", content)

    def _file(self, url: str) -> URLFetcherResponse:
        address = urlsplit(url)
        if address.scheme != "file" or address.netloc:
            raise ValueError("not a file of this machine")
        path = Path(url2pathname(address.path)).resolve()
        if path.suffix not in FILE_TYPES or not path.is_relative_to(self.folder):
            raise ValueError("not a style sheet or font of the documents' folder")
        return URLFetcherResponse(url, path.read_bytes(), FILE_TYPES[path.suffix])


class Memory:
    """What the rules of the style sheets come to, worked out once for all pages of a press.

    WeasyPrint works out some ninety values for each element of each page, which is a third of its work, and
    they are the same whenever the same rules meet inside the same parent. Here they are kept in styles that
    no layout ever touches; a page gets copies, as its layout may write into them.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[object, ...], ComputedStyle] = {}
        self.lent: list[tuple[ComputedStyle, ComputedStyle]] = []

    def recall(self, styles: dict[tuple[Any, str | None], ComputedStyle]) -> None:
        """Fill in what is known about the styles of a page, which stand in the order of the page."""
        if len(self.kept) > MOST_STYLES:
            self.kept.clear()
        own: dict[int, ComputedStyle] = {}  # the kept style of each style of this page
        for (element, pseudo), style in styles.items():
            if id(style) in own:
                continue
            parent = own.get(id(style.parent_style))
            place = (id(parent), element.tag, element.get("class"), pseudo)
            kept = self.kept.get(place)
            if kept is None or kept.parent_style is not parent or kept.cascaded != style.cascaded:
                root = own.get(id(style.root_style), style.root_style)
                kept = self.kept[place] = _unused(style, parent, root)
            own[id(style)] = kept
            style.update(kept)
            style.specified.update(kept.specified)
            style.anonymous_style.update(kept.anonymous_style)
            self.lent.append((kept, style))

    def learn(self) -> None:
        """Work out for the next page what this one asked for."""
        for kept, style in self.lent:
            _catch_up(kept, style)
            _catch_up(kept.anonymous_style, style.anonymous_style)

    def forget_page(self) -> None:
        """Let go of the page that was printed last."""
        self.lent.clear()


def _unused(style: ComputedStyle, parent: ComputedStyle | None, root: Style) -> ComputedStyle:
    """Return a style of the same rules that nobody has written into."""
    return ComputedStyle(
        parent,
        style.cascaded,
        style.pseudo_type,
        root,
        style.base_url,
        style.font_config,
        style.initial_page_sizes,
    )


def _catch_up(kept: Style, style: Style) -> None:
    if len(kept) < len(style):
        for name in style.keys() - kept.keys():
            kept[name]  # looking it up works it out


class Paper(Document):
    """A laid out page whose styles were recalled as far as they are known."""

    @classmethod
    def _build_layout_context(cls, html: "Page", *others: Any) -> Any:
        context = super()._build_layout_context(html, *others)
        html.memory.recall(context.style_for.get_computed_styles())
        return context


class Page(HTML):
    """A page on the short style sheet, without WeasyPrint's own.

    Our templates are well-formed, so the fast parser of XML reads them. What it refuses (a control character
    in a name, say) is read by the patient one of HTML.
    """

    sheet = CSS(string=BROWSER_SHEET)

    def __init__(self, html: str, base: str, fetcher: OwnFilesOnly, memory: Memory) -> None:
        self.memory = memory
        try:
            root = ElementTree.XML(html)
        except ElementTree.ParseError:
            super().__init__(string=html, base_url=base, url_fetcher=fetcher)
            return
        self.base_url, self.url_fetcher, self.media_type = base, fetcher, "print"
        self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = root

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [self.sheet]

    def render(
        self,
        font_config: FontConfiguration | None = None,
        counter_style: Any = None,
        color_profiles: Any = None,
        **options: Any,
    ) -> Paper:
        """Return the page laid out."""
        return Paper._render(self, font_config, counter_style, color_profiles, {**DEFAULT_OPTIONS, **options})


class Press:
    """Fonts and style sheets, loaded once: that halves the time and keeps memory from growing.

    To be used by one thread at a time.
    """

    def __init__(self, base: Path, css: tuple[str, ...], *, refused: type[Exception]) -> None:
        self.base = base.as_uri() + "/"
        self.fetcher = OwnFilesOnly(base)
        self.refused = refused
        self.fonts = FontConfiguration()
        self.memory = Memory()
        self.line_art: dict[str, Any] = {}
        self.letters: frozenset[str] = frozenset()
        try:
            self.sheets = [self._sheet(name) for name in css]
            self.letters = glyphs.letters_of(base / name for name in css)
        except FatalURLFetchingError as error:
            raise refused(str(error)) from error

    def _sheet(self, name: str) -> CSS:
        return CSS(url=self.base + name, url_fetcher=self.fetcher, font_config=self.fonts)

    def render(self, html: str) -> bytes:
        """Return the page as PDF/UA-1; raises `refused` when it asks for more than it may read."""
        try:
            page = Page(html, self.base, self.fetcher, self.memory)
            if self.letters:
                glyphs.make_printable(page.etree_element, self.letters)
            return self._print(page)
        except FatalURLFetchingError as error:  # a BaseException: `except Exception` would let it through
            raise self.refused(str(error)) from error
        finally:
            self.memory.forget_page()

    def _print(self, page: Page) -> bytes:
        pictures = dict(self.line_art)
        paper = page.write_pdf(
            stylesheets=self.sheets,
            font_config=self.fonts,
            pdf_variant="pdf/ua-1",
            uncompressed_pdf=True,  # 45 kB instead of 18, and a twentieth of the time
            cache=pictures,
        )
        self.line_art = {at: picture for at, picture in pictures.items() if at.endswith(".svg")}
        self.memory.learn()
        return paper
