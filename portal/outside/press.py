"""WeasyPrint, held on a short lead; imported by `pdf` on first use only.

Its own fetcher reads any file and follows any address (it embeds /etc/passwd when asked), so ours
answers for pictures inside the page and for style sheets, line art and fonts in one folder, and opens no
connection at all.
"""

from base64 import b64decode
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from PIL import ImageFile
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

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


class Page(HTML):
    """A page on the short style sheet, without WeasyPrint's own."""

    sheet = CSS(string=BROWSER_SHEET)

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [self.sheet]


class Press:
    """Fonts and style sheets, loaded once: that halves the time and keeps memory from growing.

    To be used by one thread at a time.
    """

    def __init__(self, base: Path, css: tuple[str, ...], *, refused: type[Exception]) -> None:
        self.base = base.as_uri() + "/"
        self.fetcher = OwnFilesOnly(base)
        self.refused = refused
        self.fonts = FontConfiguration()
        try:
            self.sheets = [self._sheet(name) for name in css]
        except FatalURLFetchingError as error:
            raise refused(str(error)) from error

    def _sheet(self, name: str) -> CSS:
        return CSS(url=self.base + name, url_fetcher=self.fetcher, font_config=self.fonts)

    def render(self, html: str) -> bytes:
        """Return the page as PDF/UA-1; raises `refused` when it asks for more than it may read."""
        try:
            page = Page(string=html, base_url=self.base, url_fetcher=self.fetcher)
            return page.write_pdf(stylesheets=self.sheets, font_config=self.fonts, pdf_variant="pdf/ua-1")
        except FatalURLFetchingError as error:  # a BaseException: `except Exception` would let it through
            raise self.refused(str(error)) from error
