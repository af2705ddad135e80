"""The demo's report of somebody without an account: it waits to be matched (rule P1a)."""

from datetime import datetime, timedelta

from portal.actions import reports
from portal.demo_consents import accepted
from portal.models import Case
from portal.rules.report import ConsentKind, Page

EMAIL = "mia@schnittstelle.example"
NUMBER = "10002"  # of the demo's second customer


def make(*, now: datetime, secret: str) -> Case:
    """Report a dead server, with the wish for a link; the e-mail address is not confirmed yet."""
    draft, _key = reports.begin(account=None, now=now)
    for page, given in _answers(now).items():
        draft = reports.answer(draft, page, given, account=None, now=now)
    return reports.send(draft, by=None, now=now, secret=secret)


def _answers(now: datetime) -> dict[Page, dict[str, object]]:
    online = now - timedelta(hours=2)
    terms = accepted(ConsentKind.LINK_TEMPORARY, ConsentKind.LINK_DEVICES, ConsentKind.LINK_TSE, at=now)
    return {
        Page.DEVICE: {"device": "unlisted"},
        Page.DEVICE_DETAILS: {"purchase": "unknown", "tse": "unknown", "origin": "vendor"},
        Page.TOPIC: {"topic": "server"},
        Page.CHECKS: {**dict.fromkeys(("power", "cable", "router", "restart"), "done"), "helped": "no"},
        Page.FAULT: {"text": "Seit heute früh ist alles dunkel.", "since": "", "on_screen": ""},
        Page.RUNNING: {"running": "no"},
        Page.ONLINE: {"when": "at", "at": online.isoformat()},
        Page.ENTERED: {"entered": "unknown"},
        Page.LINK: {"wanted": "yes", "consents": terms},
        Page.COSTS: {"consents": accepted(ConsentKind.REPAIR_BY_QUOTE, at=now)},
        Page.ADDRESS: {
            "name": "Kosmetik am Markt", "street": "Marktplatz 3", "postal_code": "51465",
            "city": "Bergisch Gladbach", "country": "DE", "contact_name": "Mia Sommer",
            "phone": "+4922024711", "email": EMAIL, "customer_number": NUMBER,
        },
    }  # fmt: skip
