"""Hand a letter to the mail server, or put it into a folder where there is none.

Whatever stands in a letter may come from people: a line break in a subject or an address is
refused, so nobody can add a header of their own.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

TIMEOUT = 20  # seconds for each answer of the mail server
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MailRefused(Exception):
    """This letter will never be accepted: the address or a header is no good."""


class MailFailed(Exception):
    """It did not work now, but may later: the server is away, busy or full."""


@dataclass(frozen=True)
class Mail:
    """One letter as it leaves: `date` is aware; `message_id` has no angle brackets."""

    message_id: str
    to: str
    subject: str
    text: str
    sender: str
    date: datetime
    html: str | None = None
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)


Send = Callable[[Mail], None]


def mailer_for(url: str, folder: Path) -> Send:
    """Return what sends letters: by SMTP if `url` is set, else into `folder`."""
    return smtp(url) if url else into_folder(folder)


def into_folder(folder: Path) -> Send:
    """Return a sender that writes each letter as one .eml file, whole or not at all."""

    def send(mail: Mail) -> None:
        message = composed(mail)
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9.@-]", "-", f"{mail.date:%Y%m%d-%H%M%S}-{mail.message_id}")[:150]
        unfinished = folder / f".{name}.{os.getpid()}"
        try:
            with unfinished.open("wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(folder / f"{name}.eml")
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise MailFailed(str(error)) from error

    return send


def smtp(url: str) -> Send:
    """Return a sender for smtp://user:password@host:port or smtps://…; STARTTLS where offered.

    A password is never sent over a line that is not encrypted.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("a mail server's address is smtp://user:password@host:port")

    def send(mail: Mail) -> None:
        message = composed(mail)
        try:
            with _connected(parts) as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise (MailRefused if code >= 500 else MailFailed)(f"{mail.to}: {code}") from error
        except smtplib.SMTPResponseException as error:
            refused = error.smtp_code in (550, 551, 552, 553, 554) and not isinstance(
                error, smtplib.SMTPConnectError | smtplib.SMTPHeloError | smtplib.SMTPAuthenticationError
            )
            raise (MailRefused if refused else MailFailed)(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"{type(error).__name__}: {error}") from error

    return send


def _connected(parts) -> smtplib.SMTP:
    secure = parts.scheme == "smtps"
    port = parts.port or (465 if secure else 587)
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    options = {"context": ssl.create_default_context()} if secure else {}
    server = kind(parts.hostname, port, timeout=TIMEOUT, **options)
    try:
        server.ehlo()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            secure = True
        if parts.username:
            if not secure and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
                raise MailFailed("the mail server offers no encryption; the password was not sent")
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def composed(mail: Mail) -> EmailMessage:
    """Return the letter as a message, or raise MailRefused if a header is no good."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    try:
        message["Message-ID"] = f"<{_plain(mail.message_id)}>"
        message["Date"] = format_datetime(mail.date)
        message["From"] = _address(mail.sender)
        message["To"] = _address(mail.to)
        message["Subject"] = _plain(mail.subject)
        if mail.reply_to:
            message["Reply-To"] = _address(mail.reply_to)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers.items():
            message[name] = _plain(value)
    except (ValueError, IndexError) as error:
        raise MailRefused(str(error)) from error
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("a header with a line break or control character")
    return text


def _address(text: str) -> Address:
    name, address = parseaddr(_plain(text))
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or any(c in address for c in " ,;<>"):
        raise ValueError(f"no mail address: {text!r}")
    return Address(display_name=name, username=local, domain=domain)
