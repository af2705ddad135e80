"""How a letter leaves the house: into a folder (demo) or to a mail server (rule S4).

The same letter sent twice has the same Message-ID and the same file name, so that a copy after a
crash is known as a copy. Two errors tell the worker what to do: MailRefused — never try this letter
again; MailFailed — try again later.
"""

import os
import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, getaddresses, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0  # seconds for each step of the talk with the mail server
PORTS = {"smtp": 25, "smtps": 465}
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")


class MailRefused(Exception):
    """This letter can never be sent: its address or content is wrong."""

    permanent = True


class MailFailed(Exception):
    """The letter could not be sent now; `is_away`: no letter can, the server itself is the trouble.

    `midway`: the talk broke off over this letter, so that it may be the letter after all.
    """

    permanent = False

    def __init__(self, problem: str, *, is_away: bool = False, midway: bool = False) -> None:
        super().__init__(problem)
        self.is_away = is_away
        self.midway = midway


@dataclass(frozen=True)
class Invitation:
    """A calendar file that belongs to a letter, and what it asks of the calendar (REQUEST or CANCEL)."""

    method: str
    content: bytes
    file_name: str


@dataclass(frozen=True)
class Mail:
    """One letter to one person; `message_id` with its angle brackets, `date` the instant it was written.

    `sender` may hold a name: `Reparatur <reparatur@example.org>`. An empty `reply_to` is left out.
    """

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str | None
    sender: str
    reply_to: str | None
    date: datetime
    invitation: Invitation | None = None


class Mailer(Protocol):
    """Something that takes letters."""

    def send(self, mail: Mail) -> None:
        """Take the letter, or raise MailRefused or MailFailed."""


def mailer_for(url: str | None, folder: Path) -> Mailer:
    """Return the way letters go: to the server at `url`, or into `folder` when there is none."""
    return Server(url) if url else Folder(folder)


class Folder:
    """Letters as files that a mail program opens: `<time>-<id>.eml`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, mail: Mail) -> None:
        """Write the letter completely or not at all; sent again, it is the same file."""
        content = message(mail).as_bytes(policy=WIRE)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", mail.message_id.strip("<>").partition("@")[0])[:100]
        name = f"{mail.date.astimezone(UTC):%Y%m%dT%H%M%S}-{name}.eml"
        unfinished = self.path / f".{name}.{os.getpid()}.part"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.path / name)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise MailFailed(str(error), is_away=True) from error


class Server:
    """A mail server: smtp(s)://user:password@host:port, with user and password percent-encoded."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT, tls: ssl.SSLContext | None = None) -> None:
        address = urlsplit(url)
        if address.scheme not in PORTS or not address.hostname:
            raise ValueError("a mail server's address begins with smtp:// or smtps:// and names a host")
        self.is_wrapped = address.scheme == "smtps"
        self.host = address.hostname
        self.port = address.port or PORTS[address.scheme]
        self.user = unquote(address.username or "")
        self.password = unquote(address.password or "")
        self.timeout = timeout
        self.tls = tls or _tls(self.host)

    def send(self, mail: Mail) -> None:
        """Hand the letter over; what the server has taken counts as sent, whatever happens after."""
        letter = message(mail)
        sender = parseaddr(mail.sender)[1]
        midway = False
        try:
            talk = self._talk()
            midway = True
            try:
                talk.send_message(letter, sender, [mail.recipient])
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    talk.quit()
                talk.close()
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _judged(code, said) from error
        except smtplib.SMTPDataError as error:
            raise _judged(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:  # an address the server has no letters for
            raise MailRefused(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"{type(error).__name__}: {error}", is_away=True, midway=midway) from error

    def _talk(self) -> smtplib.SMTP:
        """Connect, encrypt if the server can, and sign in; a password never goes out in the clear."""
        if self.is_wrapped:
            talk: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self.tls
            )
        else:
            talk = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            talk.ehlo_or_helo_if_needed()
            if not self.is_wrapped and talk.has_extn("starttls"):
                talk.starttls(context=self.tls)
                talk.ehlo()
            if self.user:
                if not isinstance(talk.sock, ssl.SSLSocket) and self.host not in THIS_MACHINE:
                    raise MailFailed("no encryption offered, so no password was sent", is_away=True)
                talk.login(self.user, self.password)
        except BaseException:
            talk.close()
            raise
        return talk


def message(mail: Mail) -> EmailMessage:
    """Return the letter as it goes over the wire.

    MailRefused for line breaks or other control characters in a header, or an address that is none.
    """
    try:
        letter = EmailMessage(policy=WIRE)
        letter["Message-ID"] = _checked_id(mail.message_id)
        letter["Date"] = format_datetime(mail.date.astimezone(UTC))
        letter["From"] = _address(mail.sender)
        letter["To"] = _address(mail.recipient)
        if mail.reply_to:
            letter["Reply-To"] = _address(mail.reply_to)
        letter["Subject"] = _line(mail.subject)
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(mail.text)
        if mail.html:
            letter.add_alternative(mail.html, subtype="html")
        if mail.invitation:
            _add_calendar(letter, mail.invitation)
        letter.as_bytes()  # whatever is wrong is wrong now, not while talking to the server
    except (ValueError, TypeError, LookupError, AttributeError, MessageError) as error:
        raise MailRefused(f"the letter cannot be written: {error}") from error
    return letter


def _add_calendar(letter: EmailMessage, invitation: Invitation) -> None:
    """Add the calendar file twice: as a part that calendars enter by themselves, and as an attachment.

    Base64, or a server on the way might fold its lines in another place.
    """
    how = {"method": _line(invitation.method)}
    text = invitation.content.decode()
    letter.add_alternative(text, subtype="calendar", cte="base64", params=how)
    name = _line(invitation.file_name)
    letter.add_attachment(invitation.content, maintype="application", subtype="ics", filename=name)


def _line(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("a control character in a header")
    return text


def _address(text: str) -> Address:
    """Return the one address in the text, with its name."""
    found = getaddresses([_line(text)])
    name, address = found[0] if len(found) == 1 else ("", "")
    user, _, domain = address.rpartition("@")
    if not user or not domain or any(sign in address for sign in " ,;<>"):
        raise ValueError("no e-mail address")
    return Address(name, user, domain)


def _checked_id(text: str) -> str:
    if not MESSAGE_ID.fullmatch(text):
        raise ValueError("no Message-ID")
    return text


def _judged(code: int, said: bytes | str) -> Exception:
    """Return the error for what the server answered: 5xx is for ever, 421 the server's own trouble."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if 500 <= code < 600:
        return MailRefused(f"{code} {text}")
    return MailFailed(f"{code} {text}", is_away=code == 421, midway=code == 421)


def _tls(host: str) -> ssl.SSLContext:
    """Return how to encrypt; a server on this machine may show a certificate of its own making."""
    context = ssl.create_default_context()
    if host in THIS_MACHINE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
