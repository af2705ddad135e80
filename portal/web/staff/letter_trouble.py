"""Why a letter has not left, in one plain sentence; the other side's own words are for who mends it (S4)."""

import re
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.models import Letter
from portal.models.letters import Channel


class Trouble(StrEnum):
    """What kept a letter from leaving."""

    ADDRESS = "address"
    AWAY = "away"
    LATER = "later"
    SETTINGS = "settings"
    OTHER = "other"


SAID: dict[tuple[Channel, Trouble], LazyString] = {
    (Channel.MAIL, Trouble.ADDRESS): _l(
        "Unter dieser Adresse nimmt niemand E-Mails an. Bitte prüfen Sie die Adresse."
    ),
    (Channel.MAIL, Trouble.AWAY): _l("Der Mailserver war nicht zu erreichen."),
    (Channel.MAIL, Trouble.LATER): _l("Der Mailserver hat die E-Mail vorerst nicht angenommen."),
    (Channel.MAIL, Trouble.SETTINGS): _l(
        "Der Mailserver lässt das Portal nicht senden. Bitte prüfen Sie die Zugangsdaten."
    ),
    (Channel.MAIL, Trouble.OTHER): _l("Diese E-Mail ließ sich nicht zustellen."),
    (Channel.TILL, Trouble.AWAY): _l("Das Kassensystem war nicht zu erreichen."),
    (Channel.TILL, Trouble.LATER): _l("Das Kassensystem hat den Auftrag noch nicht ausgeführt."),
    (Channel.TILL, Trouble.SETTINGS): _l("Die Adresse des Kassensystems ist nicht eingestellt."),
    (Channel.TILL, Trouble.OTHER): _l("Das Kassensystem hat den Auftrag nicht ausgeführt."),
    (Channel.HOOK, Trouble.AWAY): _l("Der Empfänger war nicht zu erreichen."),
    (Channel.HOOK, Trouble.LATER): _l("Der Empfänger hat den Webhook vorerst nicht angenommen."),
    (Channel.HOOK, Trouble.OTHER): _l("Dieser Webhook ließ sich nicht zustellen."),
}  # fmt: skip

NO_ADDRESS = re.compile(r"no e-mail address|^(\w+: )?(550|551|553)\b(?![ -]*5\.[2-7]\.)|\b5\.1\.[1236]\b")
"""What mail servers say of an address; 550 with a further code for size, rules or content is not that."""
NOT_LET_IN = re.compile(
    r"SMTPAuthenticationError|SMTPSenderRefused|no encryption offered|^(\w+: )?53[0458]\b|is not set"
)
FOR_NOW = re.compile(r"^(\w+: )?4\d\d\b|HTTP (5\d\d|408|425|429)\b")
NO_ANSWER = re.compile(
    r"Connect|Disconnected|Timeout|timed out|gaierror|SSL|Network|ReadError|WriteError|ProtocolError"
    r"|SMTPHeloError|OSError|Permission|No space"
)


def of(channel: Channel, problem: str) -> Trouble:
    """Return what the words of the last try mean; what nobody foresaw is OTHER."""
    found = Trouble.OTHER
    if NOT_LET_IN.search(problem):
        found = Trouble.SETTINGS
    elif channel is Channel.MAIL and NO_ADDRESS.search(problem):
        found = Trouble.ADDRESS
    elif FOR_NOW.search(problem):
        found = Trouble.LATER
    elif NO_ANSWER.search(problem):
        found = Trouble.AWAY
    return found if (channel, found) in SAID else Trouble.OTHER


def said_of(letter: Letter) -> LazyString | str:
    """Return the sentence for the letter's last try; nothing if none has failed."""
    if not letter.last_error:
        return ""
    return SAID[letter.channel, of(letter.channel, letter.last_error)]
