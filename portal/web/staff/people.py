"""What staff and admins do with somebody's account: invite again, close, open again."""

from flask import flash
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import people
from portal.models import Account
from portal.outside import clock

DEEDS = {"again": people.invite_again, "close": people.close, "reopen": people.reopen}
DONE = {
    "again": _l("Ein neuer Link an %(name)s ist unterwegs."),
    "close": _l("Das Konto von %(name)s ist geschlossen."),
    "reopen": _l("Das Konto von %(name)s ist wieder offen."),
}


def act(account: Account, deed: str) -> None:
    """Do it, and say that it is done. Raises what the deed raises, LastAdmin for example."""
    DEEDS[deed](account, by=current_user._get_current_object(), now=clock.now())
    flash(str(DONE[deed]) % {"name": account.name}, "good")
