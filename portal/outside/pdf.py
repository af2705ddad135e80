"""Paper: HTML of our own templates becomes PDF/UA-1, and nothing is fetched for it.

WeasyPrint takes half a second to import, so `press` is imported on first use, or by `warm` in the
background when the server starts. One press works at a time: its fonts must not be shared between
threads (that hangs), and two at once would be no faster on one interpreter.
"""

import atexit
import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.outside.press import Press

_presses: dict[tuple[Path, tuple[str, ...]], "Press"] = {}
_one_at_a_time = threading.Lock()


class UnsafeDocument(ValueError):
    """The document asked for something that is not its own: a file, an address, another format."""


def render(html: str, *, css: Sequence[str], base: Path) -> bytes:
    """Return the HTML as PDF/UA-1; the same HTML gives the same bytes.

    `css` names style sheets in the folder `base`; they, fonts and line art (SVG) in it are all a document
    may read, besides PNG and JPEG pictures inside the page (`data:`). Raises UnsafeDocument otherwise.
    The page needs `lang` and `title`.
    """
    with _one_at_a_time, _no_collection():
        return _press(base.resolve(), tuple(css)).render(html)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the garbage collector back while a paper is made: nearly all it would look at is still in use."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def warm(*, css: Sequence[str], base: Path) -> threading.Thread:
    """Import and load everything in a background thread, so that the first paper is as fast as the next."""

    def load() -> None:
        render('<!DOCTYPE html><html lang="de"><title>-</title><body>ÄÖÜ <b>123</b>', css=css, base=base)
        gc.freeze()  # what is loaded now stays: not looking through it again saves a tenth of each paper

    worker = threading.Thread(target=load, name="warm-pdf", daemon=True)
    worker.start()
    return worker


def _press(base: Path, css: tuple[str, ...]) -> "Press":
    """Return the press that has these style sheets loaded; only one thread may be in here."""
    from portal.outside.press import Press

    if (base, css) not in _presses:
        _presses[base, css] = Press(base, css, refused=UnsafeDocument)
    return _presses[base, css]


@atexit.register
def _put_away() -> None:
    """Give the fonts back while Python still stands: they lie in a temporary folder that goes with them."""
    if _presses:
        _presses.clear()
        gc.unfreeze()
        gc.collect()
