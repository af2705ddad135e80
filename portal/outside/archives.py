"""Archives (ZIP) that grow piece by piece, outside the web root, and are there whole or not at all.

While it grows an archive has another name, and only its owner may read it. One that a crash left torn is
known as such.
"""

import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.outside.files import DISK_FULL

NAME = re.compile(r"[0-9a-f]{32}\.zip")
MEMBER = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")  # no way out of the folder it is unpacked in
PACKED_ALREADY = (".jpg",)


class NoSpace(OSError):
    """The disk is full; nothing of the archive is left."""


def add(folder: Path, name: str, members: Iterable[tuple[str, bytes]]) -> None:
    """Add members to the growing archive; what is in it already is left as it is.

    Raises NoSpace, and zipfile.BadZipFile for a torn one; neither is there afterwards.
    """
    growing = _growing(folder, name)
    with _whole_or_gone(growing):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not growing.exists():
            growing.touch(mode=0o600)
            growing.write_bytes(_EMPTY)
        if not _is_whole(growing):  # the library would take it for nothing and go on behind it
            raise zipfile.BadZipFile("torn")
        with zipfile.ZipFile(growing, "a") as archive:
            known = set(archive.namelist())
            for member, content in members:
                if member not in known:
                    _write(archive, member, content)
        _sync(growing)


_EMPTY = b"PK\5\6" + b"\0" * 18  # an archive of nothing


def _write(archive: zipfile.ZipFile, member: str, content: bytes) -> None:
    if not MEMBER.fullmatch(member):
        raise ValueError(f"no name for a file: {member!r}")
    packing = zipfile.ZIP_STORED if member.endswith(PACKED_ALREADY) else zipfile.ZIP_DEFLATED
    archive.writestr(member, content, packing)


@contextmanager
def _whole_or_gone(growing: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, zipfile.BadZipFile) as problem:
        growing.unlink(missing_ok=True)
        if isinstance(problem, OSError) and problem.errno in DISK_FULL:
            raise NoSpace(problem.errno, "the disk is full") from problem
        raise


def finish(folder: Path, name: str) -> int:
    """Give the archive its own name; returns its size in bytes. Once more does nothing."""
    growing, finished = _growing(folder, name), path(folder, name)
    if not finished.exists():
        growing.replace(finished)
        _sync(folder)
    return finished.stat().st_size


def is_there(folder: Path, name: str) -> bool:
    """Tell whether the archive, growing or finished, is there and can be read."""
    return any(_is_whole(place) for place in (path(folder, name), _growing(folder, name)))


def _is_whole(place: Path) -> bool:
    """Look at its list of members: it is what is written last, and over what was there before."""
    try:
        with zipfile.ZipFile(place):
            return True
    except (FileNotFoundError, zipfile.BadZipFile):
        return False


def remove(folder: Path, name: str) -> None:
    """Remove an archive, growing or finished; one that is gone already is no error."""
    if NAME.fullmatch(name):
        _growing(folder, name).unlink(missing_ok=True)
        path(folder, name).unlink(missing_ok=True)


def path(folder: Path, name: str) -> Path:
    """Return where the finished archive lies; FileNotFoundError for a name that is none of ours."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError("no such archive")
    return folder / name


def names(folder: Path) -> list[str]:
    """Return the names of all archives that lie there, growing ones too."""
    found = {entry.name.removesuffix(".part").removeprefix(".") for entry in _entries(folder)}
    return sorted(name for name in found if NAME.fullmatch(name))


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _growing(folder: Path, name: str) -> Path:
    return folder / f".{path(folder, name).name}.part"


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
