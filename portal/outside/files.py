"""Photographs that people send: taken in carefully, kept as new pictures without any extras.

What is stored is always a JPEG of our own making: whatever else was in the file (place, camera,
comments, another file hidden behind the picture) is not in it.
"""

import errno
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError
from PIL import MpoImagePlugin as _mpo  # noqa: F401 (formats named below are unknown to Pillow before)
from PIL import WebPImagePlugin as _webp  # noqa: F401

MEGABYTE = 1024 * 1024
MAX_BYTES = 15 * MEGABYTE
MAX_PIXELS = 60_000_000  # the largest phone cameras make 50; decoded it is 180 MB
MAX_DRAWN = 30_000_000  # of PNG and WebP, which screens make: they may be transparent, and need twice as much
MOST_SCANS = 100  # of a JPEG that comes in layers; cameras make 14 at most, each costs the whole picture
AT_ONCE = 2  # pictures in memory; more would not be faster on few cores
WAITS = 8.0  # seconds for one's turn
GRID = 16  # a JPEG is made of squares of 16 pixels
LONGEST_SIDE = 2400  # enough to read a label on the photographed device
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # phones make these; no decoder for anything else is asked
NAME = re.compile(r"[0-9a-f]{32}\.jpg")
START_OF_SCAN = b"\xff\xda"  # stands in a JPEG's data at nothing else
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

pillow_heif.register_heif_opener(thumbnails=False)
_turns = threading.BoundedSemaphore(AT_ONCE)

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom are not in it


class PhotoProblem(StrEnum):
    """Why a file was not taken."""

    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken"
    NO_SPACE = "no_space"
    BUSY = "busy"


class PhotoRefused(ValueError):
    """The file was not taken, and nothing of it is kept."""

    def __init__(self, reason: PhotoProblem) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class StoredPhoto:
    """A photo as it lies in the folder; `size` is in bytes."""

    name: str
    width: int
    height: int
    size: int


def store_photo(
    stream: BinaryIO, folder: Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> StoredPhoto:
    """Store the photo as JPEG under a random name, upright, at most 2400 pixels long, without metadata.

    Takes JPEG, PNG, WebP and HEIC. Raises PhotoRefused with the reason.
    """
    picture = read_photo(stream, max_bytes=max_bytes, max_pixels=max_pixels)
    jpeg = encoded(picture)
    name = f"{secrets.token_hex(16)}.jpg"
    _write(folder, name, jpeg)
    return StoredPhoto(name, picture.width, picture.height, len(jpeg))


def read_photo(stream: BinaryIO, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return a photo's picture, upright, in plain colours and at most 2400 pixels long; nothing is kept.

    Raises PhotoRefused with the reason.
    """
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise PhotoRefused(PhotoProblem.TOO_LARGE)
    with _turn(), _opened(content, max_pixels) as original:
        return _decoded(original)


def blacken_photo(folder: Path, name: str, boxes: Iterable[Box]) -> StoredPhoto:
    """Store a photo anew under another random name, with the boxes black; the first one stays as it is.

    Raises FileNotFoundError, and PhotoRefused when there is no room.
    """
    picture = shown_photo(folder, name, boxes)
    jpeg = encoded(picture)
    blackened = f"{secrets.token_hex(16)}.jpg"
    _write(folder, blackened, jpeg)
    return StoredPhoto(blackened, picture.width, picture.height, len(jpeg))


def shown_photo(folder: Path, name: str, boxes: Iterable[Box]) -> Image.Image:
    """Return a stored photo's picture with the boxes black, each grown to the squares it touches.

    What a JPEG keeps of a pixel is spread over its square of 16: half a square would still tell of it.
    """
    with _turn(), open_photo(folder, name) as file, Image.open(file, formats=("JPEG",)) as stored:
        picture = stored.convert("RGB")
    draw = ImageDraw.Draw(picture)
    for left, top, right, bottom in boxes:
        draw.rectangle(
            (
                left // GRID * GRID,
                top // GRID * GRID,
                -(-right // GRID) * GRID - 1,
                -(-bottom // GRID) * GRID - 1,
            ),
            fill="black",
        )
    return picture


def preview_photo(
    folder: Path, name: str, boxes: Iterable[Box], *, width: int, mark: tuple[int, int] | None = None
) -> bytes:
    """Return a stored photo as JPEG with the boxes black, so many pixels wide; `mark` is a point to show."""
    picture = shown_photo(folder, name, boxes)
    if mark:
        _cross(picture, mark, reach=picture.width // 30 + 4)
    picture.thumbnail((width, picture.height))
    return encoded(picture)


def _cross(picture: Image.Image, mark: tuple[int, int], *, reach: int) -> None:
    """Draw a cross that is seen on light and on dark ground."""
    draw, (x, y) = ImageDraw.Draw(picture), mark
    for colour, line in (("white", reach // 4 + 3), ("red", reach // 8 + 1)):
        draw.line((x - reach, y, x + reach, y), fill=colour, width=line)
        draw.line((x, y - reach, x, y + reach), fill=colour, width=line)


@contextmanager
def _turn() -> Iterator[None]:
    """Let few pictures be in memory at once; who waits too long is told to come again."""
    if not _turns.acquire(timeout=WAITS):
        raise PhotoRefused(PhotoProblem.BUSY)
    try:
        yield
    finally:
        _turns.release()


def open_photo(folder: Path, name: str) -> BinaryIO:
    """Open a stored photo; FileNotFoundError for any name that `store_photo` cannot have given."""
    return _path(folder, name).open("rb")


def delete_photo(folder: Path, name: str) -> None:
    """Remove a stored photo; one that is gone already is no error."""
    with suppress(FileNotFoundError):
        _path(folder, name).unlink()


def _path(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise FileNotFoundError(errno.ENOENT, "no such photo")
    return folder / name


def _opened(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header only, and refuse what would not fit into memory before decoding it."""
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoRefused(PhotoProblem.NOT_AN_IMAGE) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused(PhotoProblem.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise whatever they like on a damaged header
        raise PhotoRefused(PhotoProblem.BROKEN) from error
    most = min(max_pixels, MAX_DRAWN) if picture.format in ("PNG", "WEBP") else max_pixels
    if picture.width * picture.height > most:
        picture.close()
        raise PhotoRefused(PhotoProblem.TOO_MANY_PIXELS)
    if picture.format in ("JPEG", "MPO") and content.count(START_OF_SCAN) > MOST_SCANS:
        picture.close()
        raise PhotoRefused(PhotoProblem.BROKEN)
    return picture


def _decoded(original: Image.Image) -> Image.Image:
    """Return the picture upright, in plain colours on white, limited in size."""
    try:
        if original.format in ("JPEG", "MPO"):  # MPO: several JPEGs in one, as some phones make
            original.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decodes large ones at half the size
        original.load()
        picture = original.convert("RGBA" if original.has_transparency_data else "RGB")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)  # first: the rest is cheap
        picture = ImageOps.exif_transpose(picture)
        if picture.mode == "RGBA":
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture).convert("RGB")
    except Exception as error:  # see _opened
        raise PhotoRefused(PhotoProblem.BROKEN) from error
    return picture


def encoded(picture: Image.Image) -> bytes:
    """Return a picture as JPEG that holds the pixels only."""
    picture.info.clear()  # or a comment of the original would be written again
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=QUALITY, optimize=True)
    return jpeg.getvalue()


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write the file so that it is there completely or not at all, after a power cut too."""
    unfinished = folder / f".{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
        _sync_folder(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        if error.errno in DISK_FULL:
            raise PhotoRefused(PhotoProblem.NO_SPACE) from error
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
