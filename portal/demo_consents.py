"""What people of the demo agreed to, in the words that the pages show (rule S7)."""

from datetime import datetime

from portal.rules.report import ConsentKind
from portal.web.wordings import WORDINGS


def said(kind: ConsentKind) -> dict[str, str]:
    """Return what was shown, as it is kept with the acceptance."""
    wording = WORDINGS[kind]
    return {"kind": kind, "wording": str(wording.text), "version": wording.version, "language": "de"}


def accepted(*kinds: ConsentKind, at: datetime) -> list[dict[str, str]]:
    """Return what was ticked on one page of a report."""
    return [{**said(kind), "at": at.isoformat()} for kind in kinds]
