"""What an admin fills in to connect another machine."""

from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import StopValidation

from portal.outside.hooks import clean_url
from portal.rules.keys import Scope
from portal.web.forms import Form, Line, Required

SCOPES = {
    Scope.LINKS_READ: (_l("Ersatzlinks lesen"), "links:read"),
    Scope.BACKUPS_WRITE: (_l("Sicherungen melden"), "backups:write"),
    Scope.READ_OUTS_WRITE: (_l("Auslesen und Einspielen melden"), "read-outs:write"),
}
TOPICS = {"link": _l("Ersatzlinks"), "case": _l("Vorgänge")}


class Several(Field):
    """Some of a fixed set of values, by boxes to tick; at least one."""

    def __init__(self, label="", validators=None, *, options=(), message="", **kwargs) -> None:
        """Keep the allowed values and what to say when none is ticked."""
        super().__init__(label, validators, **kwargs)
        self.options = tuple(str(option) for option in options)
        self.message = message

    def process_formdata(self, valuelist) -> None:
        """Take the ticked values."""
        self.data = [str(value) for value in valuelist]

    def pre_validate(self, _form) -> None:
        """Refuse no tick, and one that was never offered."""
        if not self.data or not set(self.data) <= set(self.options):
            raise StopValidation(self.message)


class KeyForm(Form):
    """A new key: whose it is and what it may do."""

    name = Line(validators=[Required(_l("Bitte geben Sie an, wofür der Schlüssel ist."))], longest=80)
    scopes = Several(options=Scope, message=_l("Bitte wählen Sie, was der Schlüssel darf."))


class HookForm(Form):
    """A new address that hears of changes."""

    url = Line(validators=[Required(_l("Bitte geben Sie eine Adresse an."))], longest=500)
    topics = Several(options=TOPICS, message=_l("Bitte wählen Sie, worüber berichtet wird."))

    def fits(self, *, must_be_https: bool) -> bool:
        """Check the address: no password in it, and whoever listens on the way hears nothing."""
        if not self.validate():
            return False
        try:
            self.url.data = clean_url(self.url.data)
        except ValueError:
            self.url.errors = [_l("Diese Adresse geht nicht. Sie enthält kein Passwort und keine Umlaute.")]
            return False
        if urlsplit(self.url.data).scheme != "https" and must_be_https:
            self.url.errors = [_l("Die Adresse muss mit https:// beginnen.")]
        return not self.url.errors
