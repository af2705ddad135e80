"""The emergency kit (Notfallmappe): to print before the till is gone, useful without power (rules O4, L8)."""

from dataclasses import dataclass
from functools import lru_cache

from flask_babel import force_locale

from portal.models import Case
from portal.rules import numbers
from portal.web import documents
from portal.web.context import operator
from portal.web.documents import Vendor

RECEIPTS = 4  # on one sheet


@dataclass(frozen=True)
class Kit:
    """What the kit says; without a case there is a line to write its number on."""

    language: str
    vendor: Vendor
    start_url: str
    number_grouped: str = ""
    case_url: str = ""
    receipts: int = RECEIPTS

    @property
    def url(self) -> str:
        """Return the address its code holds."""
        return self.case_url or self.start_url


def made() -> bytes:
    """Return the kit for everybody as PDF, in the language of the request."""
    return printed(_kit())


def made_for(case: Case) -> bytes:
    """Return the kit with the number of a case as PDF, in the owner's language."""
    with force_locale(case.language):
        return printed(_kit(numbers.group(case.number), documents.address_of(case)))


def _kit(number: str = "", case_url: str = "") -> Kit:
    return Kit(documents.language(), Vendor.of(operator()), documents.address(), number, case_url)


@lru_cache(maxsize=32)
def printed(kit: Kit) -> bytes:
    """Return what the kit says as PDF; anybody may ask for it, so it is made once."""
    return documents.printed("kit.html", paper=kit, qr=documents.qr(kit.url))
