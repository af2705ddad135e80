"""How does a calendar file travel with a letter?  Rules R4, S4."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from portal.outside.mailer import Folder, Invitation, MailRefused, message
from tests.outside.test_mailer import LETTER

FILE = b"BEGIN:VCALENDAR\r\nSUMMARY:\xc3\x84rger\r\nDESCRIPTION:" + b"x" * 60 + b"\r\n y\r\nEND:VCALENDAR\r\n"
INVITATION = Invitation("REQUEST", FILE, "termin.ics")


def read(letter) -> EmailMessage:
    """Return the letter as its reader's program takes it apart."""
    return message_from_bytes(message(letter).as_bytes(policy=policy.SMTP), policy=policy.default)


def test_the_entry_is_an_alternative_for_calendars_and_a_file_for_all_others():  # rule R4
    mail = read(replace(LETTER, invitation=INVITATION))
    words, file = mail.iter_parts()
    assert (mail.get_content_type(), words.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    kinds = [part.get_content_type() for part in words.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    entry = list(words.iter_parts())[-1]
    assert (entry.get_param("method"), entry.get_content_charset()) == ("REQUEST", "utf-8")
    assert entry.get_payload(decode=True) == FILE
    assert (file.get_filename(), file.is_attachment()) == ("termin.ics", True)
    assert file.get_payload(decode=True) == FILE


def test_a_letter_without_an_entry_is_as_it_was():  # rule S4
    assert read(LETTER).get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "invitation",
    [
        replace(INVITATION, method="REQUEST\r\nBcc: x@y.example"),
        replace(INVITATION, file_name="termin.ics\r\nBcc: x@y.example"),
        replace(INVITATION, content=b"\xff"),
    ],
)
def test_an_entry_that_smuggles_a_header_is_refused_for_good(invitation, tmp_path):  # rule S4
    with pytest.raises(MailRefused):
        Folder(tmp_path).send(replace(LETTER, invitation=invitation))
    assert list(tmp_path.iterdir()) == []


def test_the_same_letter_sent_twice_carries_the_same_entry(tmp_path):  # rule S4
    letter = replace(LETTER, invitation=INVITATION)
    for _ in range(2):
        Folder(tmp_path).send(letter)
    (file,) = tmp_path.iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["termin.ics"]
