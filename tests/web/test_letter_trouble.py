"""What kept a letter from leaving is said by kind, whatever words the other side has for it.  Rule S4."""

import pytest

from portal.models.letters import Channel
from portal.web.staff.letter_trouble import SAID, Trouble, of

MAIL, TILL, HOOK = Channel.MAIL, Channel.TILL, Channel.HOOK


@pytest.mark.parametrize(
    ("channel", "problem", "trouble"),
    [
        (MAIL, "550 no such user", Trouble.ADDRESS),
        (MAIL, "550 5.1.1 <ada@x.example>: Recipient address rejected", Trouble.ADDRESS),
        (MAIL, "the letter cannot be written: no e-mail address", Trouble.ADDRESS),
        (MAIL, "550 5.7.1 Message rejected due to content", Trouble.OTHER),
        (MAIL, "552 5.2.2 mailbox full", Trouble.OTHER),
        (MAIL, "554 5.7.1 blocked", Trouble.OTHER),
        (MAIL, "the letter cannot be written: a control character in a header", Trouble.OTHER),
        (MAIL, "KeyError: 'case'", Trouble.OTHER),
        (MAIL, "MailFailed: 451 4.7.1 greylisted, try later", Trouble.LATER),
        (MAIL, "421 too many connections", Trouble.LATER),
        (MAIL, "ConnectionRefusedError: [Errno 111] Connection refused", Trouble.AWAY),
        (MAIL, "gaierror: [Errno -2] Name or service not known", Trouble.AWAY),
        (MAIL, "MailFailed: SMTPServerDisconnected: Connection unexpectedly closed", Trouble.AWAY),
        (MAIL, "SMTPAuthenticationError: (535, b'5.7.8 wrong')", Trouble.SETTINGS),
        (MAIL, "no encryption offered, so no password was sent", Trouble.SETTINGS),
        (TILL, "PORTAL_TILL is not set: there is no back end to ask", Trouble.SETTINGS),
        (TILL, "ConnectTimeout", Trouble.AWAY),
        (TILL, "HTTP 503 busy", Trouble.LATER),
        (TILL, "HTTP 422 unknown device", Trouble.OTHER),
        (HOOK, "HookAway: HTTP 500", Trouble.LATER),
        (HOOK, "HTTP 410: the receiver wants no more", Trouble.OTHER),
        (HOOK, "550 no such user", Trouble.OTHER),
    ],
)
def test_the_last_words_are_one_of_a_few_kinds(channel, problem, trouble):  # rule S4
    assert of(channel, problem) is trouble
    assert (channel, trouble) in SAID
