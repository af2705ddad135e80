"""How long does a slip take to make, once warm?  Every one of another case, so nothing is remembered of it.

Prints the milliseconds of each as JSON; PORTAL_* say which database.
"""

import json
import sys
import time

from flask import Flask

from portal.app import create_app
from portal.models import Case, db
from portal.outside import pdf
from portal.web import documents
from portal.web.documents import slip

WARM = 10


def measure(app: Flask, slips: int) -> list[float]:
    """Make slips of different cases and return how long each took, in milliseconds."""
    times = []
    with app.test_request_context("/"), db.connection_context():
        cases = list(Case.select().order_by(Case.id.desc()).limit(slips + WARM))
        for case in cases:
            started = time.perf_counter()
            paper = slip.made(case)
            times.append((time.perf_counter() - started) * 1000)
            assert paper.startswith(b"%PDF")
    return times[WARM:]


if __name__ == "__main__":
    pdf.warm(css=documents.SLIP, base=documents.BASE).join()
    print(json.dumps(measure(create_app(), int(sys.argv[1]))))
