"""Take in photos: nothing of the original file is kept but its picture.

A photo is decoded and written anew as JPEG, so that no place, comment or hidden second file
travels with it. Names are random; files lie outside the web root.
"""

import io
import os
import re
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 60_000_000  # a good phone makes 48 million
LONGEST_SIDE = 2400
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "GIF", "BMP", "TIFF")
NAME = re.compile(r"[0-9a-f]{32}\.jpg")


class PhotoProblem(StrEnum):
    """Why a photo was not taken."""

    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken"
    NO_SPACE = "no_space"


class PhotoRefused(ValueError):
    """The photo was not stored; `reason` tells why."""

    def __init__(self, reason: PhotoProblem) -> None:
        """Keep the reason for the message at the field."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class StoredPhoto:
    """A photo in the folder: random name, pixels, bytes."""

    name: str
    width: int
    height: int
    size: int


def store_photo(stream: IO[bytes], folder: Path, *, max_bytes: int = MAX_BYTES) -> StoredPhoto:
    """Decode, clean and store a photo, or raise PhotoRefused and leave nothing behind."""
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PhotoRefused(PhotoProblem.TOO_LARGE)
    picture = _decoded(data)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    name = f"{token_hex(16)}.jpg"
    _write(folder / name, written.getvalue())
    return StoredPhoto(name, picture.width, picture.height, len(written.getvalue()))


def _decoded(data: bytes) -> Image.Image:
    """Return the picture alone: upright, opaque, not too large, without any metadata."""
    _know_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:  # known from the header, nothing decoded yet
                    raise PhotoRefused(PhotoProblem.TOO_MANY_PIXELS)
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                return _opaque(upright)
    except PhotoRefused:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoRefused(PhotoProblem.TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise PhotoRefused(PhotoProblem.NOT_AN_IMAGE) from error
    except Exception as error:  # decoders raise whatever a broken file makes them stumble over
        raise PhotoRefused(PhotoProblem.BROKEN) from error


def _opaque(picture: Image.Image) -> Image.Image:
    """Return a plain RGB copy on white; `info` would carry comments and profiles along."""
    plain = Image.new("RGB", picture.size, "white")
    layered = picture.convert("RGBA") if "A" in picture.mode or "transparency" in picture.info else None
    plain.paste(layered or picture.convert("RGB"), mask=layered)
    plain.info.clear()
    return plain


def _know_heic() -> None:
    """Teach Pillow the iPhone's format, on first use."""
    if "HEIF" not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)


def _write(target: Path, data: bytes) -> None:
    """Write the file whole or not at all: a full disk leaves nothing half-written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise PhotoRefused(PhotoProblem.NO_SPACE) from error


def open_photo(folder: Path, name: str) -> IO[bytes]:
    """Open a stored photo; FileNotFoundError for any name that we did not make."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return (folder / name).open("rb")


def delete_photo(folder: Path, name: str) -> None:
    """Remove a stored photo; one that is gone already is fine."""
    if NAME.fullmatch(name):
        (folder / name).unlink(missing_ok=True)
