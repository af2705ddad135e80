"""How the letters about somebody's own account come about; test_letters reads them."""

from portal.actions import passkeys, people, second_factor, sign_in_links
from tests.authenticator import a_passkey
from tests.builders import NOW, a_customer, a_staff_member, an_owner


def _sign_in_link() -> None:
    sign_in_links.ask(an_owner().email, address="", now=NOW)
    sign_in_links.send_asked(now=NOW)


def _invitation() -> None:
    people.invite("ada@haarwerk.example", "Ada Muster", customer=a_customer(), by=a_staff_member(), now=NOW)


def _factor_reset() -> None:
    second_factor.reset(a_staff_member(), by=None, why="Telefon verloren", now=NOW)


def _passkey_removed() -> None:
    key = a_passkey(an_owner())
    passkeys.remove(key, by=key.account, now=NOW)


def _passkey_copied() -> None:
    passkeys.tell_of_copy(a_passkey(an_owner()), now=NOW)


EVENTS = {
    "sign_in_link": _sign_in_link,
    "invitation": _invitation,
    "factor_changed": _factor_reset,
    "passkey_changed": _passkey_removed,
    "passkey_copied": _passkey_copied,
}
