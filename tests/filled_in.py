"""What people answer in a report, page by page, as the portal keeps it; `builders.answers` changes it."""

from typing import Any

from portal.rules.report import Page

SEND_IN: dict[str, dict[str, Any]] = {
    Page.TOPIC: {"topic": "server"},
    Page.CHECKS: {
        "power": "done", "cable": "done", "router": "done", "restart": "not_possible", "helped": "no",
    },
    Page.FAULT: {"since": "2026-11-21", "on_screen": "Keine Verbindung", "text": "Er startet nicht."},
    Page.RUNNING: {"running": "no"},
    Page.ONLINE: {"when": "at", "at": "2026-11-21T08:58:00+00:00"},
    Page.ENTERED: {"entered": "no"},
    Page.LINK: {"wanted": "no"},
    Page.ADDRESS: {
        "name": "Salon Haarwerk", "street": "Lindenstraße 8", "postal_code": "51469",
        "city": "Bergisch Gladbach", "country": "DE", "contact_name": "Ada Muster", "phone": "+49220212345",
    },
    Page.COSTS: {"consents": []},
}  # fmt: skip
"""Complete answers for a send-in of a listed device that is in warranty; see `builders.answers`."""

CHECKS_OPEN = {**SEND_IN[Page.CHECKS], "restart": "unknown"}  # not made: it waits for staff (rule S1)
