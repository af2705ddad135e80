"""Give rows as a CSV file that no spreadsheet runs: a cell that begins like a formula is shielded."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from flask import Response, stream_with_context

from portal.outside import clock
from portal.rules import berlin
from portal.rules.register import shielded

BOM = "\ufeff"
PIECE = 500  # rows sent at once


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """Answer with the file, sent while it is written; its name says of which day it is."""
    day = berlin.day_of(clock.now()).isoformat()
    answer = Response(stream_with_context(written(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the file in pieces: UTF-8 with a mark that says so, semicolons, as spreadsheets here expect."""
    out = StringIO(BOM, newline="")
    out.seek(0, 2)
    writer = csv.writer(out, delimiter=";")
    writer.writerow(header)
    for count, row in enumerate(rows, 1):
        writer.writerow([shielded(cell) for cell in row])
        if count % PIECE == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
