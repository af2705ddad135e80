"""Which files lie in a folder since before a moment?  Asked to find what belongs to nothing any more."""

import re
from datetime import UTC, datetime
from pathlib import Path


def names_before(folder: Path, pattern: re.Pattern[str], before: datetime) -> list[str]:
    """Return the names of this kind whose files were last written before the moment."""
    if not folder.is_dir():
        return []
    found = []
    for entry in folder.iterdir():
        try:
            written_at = datetime.fromtimestamp(entry.stat().st_mtime, UTC)
        except FileNotFoundError:  # it went meanwhile
            continue
        if pattern.fullmatch(entry.name) and written_at < before:
            found.append(entry.name)
    return sorted(found)
