"""What the report asks of somebody without an account, where an owner's is known (rule P1a)."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.rules.report import ConsentKind
from portal.web.forms import Email, Line, Required
from portal.web.public.report_forms import AddressForm, ContactForm, PageForm, accepting
from portal.web.public.report_server_forms import LinkForm


class ReporterAddressForm(AddressForm):
    """Where the parcel goes back to, and who they are."""

    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])
    customer_number = Line(longest=20)


class ReporterContactForm(ContactForm):
    """Whom to call, and who they are, where nothing is sent in."""

    name = Line(longest=120, validators=[Required(_l("Bitte geben Sie den Namen des Salons an."))])
    city = Line(longest=80, validators=[Required(_l("Bitte geben Sie den Ort an."))])
    email = Email(longest=254, validators=[Required(_l("Bitte geben Sie Ihre E-Mail-Adresse ein."))])
    customer_number = Line(longest=20)

    def prepare(self, walk) -> None:
        """Put the fields into the order of the page, for the list of mistakes."""
        order = ("name", "city", "contact_name", "phone", "email", "customer_number")
        self._fields = {name: self._fields[name] for name in order}


class _WithTerms(PageForm):
    """The wish for a link, with what has to be acknowledged beside it (rules L2, L7, L8)."""

    wanted: Any
    kinds: tuple[ConsentKind, ...]

    def validate(self, extra_validators=None) -> bool:
        """Ask for the terms only where a link is wanted."""
        if self.wanted.data != "yes":
            for kind in self.kinds:
                del self[str(kind)]
            self.kinds = ()
        return super().validate(extra_validators)


def link_form(kinds: Iterable[ConsentKind]) -> type[PageForm]:
    """Return the form that asks for the wish and its terms on one page."""
    return type("LinkWithTermsForm", (_WithTerms, accepting(kinds, LinkForm)), {})
