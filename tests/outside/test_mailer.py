"""How does a letter leave the house, and what does the worker learn when it cannot?"""

import os
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import AuthResult

from portal.outside import mailer
from portal.outside.mailer import Folder, Mail, MailFailed, MailRefused, Server, mailer_for
from tests.engines import free_port
from tests.needs import lacking
from tests.servers import MailServer

LETTER = Mail(
    message_id="<case-17-released@reparatur.beispiel.de>",
    recipient="inhaberin@salon.example",
    subject="Ihr Begleitschein für den Kassenserver",
    text="Guten Tag,\n\nder Begleitschein ist da. Größe: 1 Seite.\n",
    html="<p>Der Begleitschein ist da.</p>",
    sender="Reparatur Möller <reparatur@beispiel.de>",
    reply_to="support@beispiel.de",
    date=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
)


class Postman:
    """A mail server for one test: it keeps letters, or answers as told."""

    def __init__(self, **options):
        self.port = free_port()
        self.letters = []
        self.talks = []
        self.at_recipient = self.at_data = None
        self.controller = MailServer(self, hostname="127.0.0.1", port=self.port, **options)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.talks.append(session)
        if not self.at_data:
            self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.at_data or "250 OK"

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
def postman():
    yield from running(Postman())


def running(postman):
    """Yield the postman at work; pytest's generator fixtures pass through here."""
    postman.controller.start()
    try:
        yield postman
    finally:
        postman.controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Give a certificate of the test's own making, with its key, in one file."""
    if not shutil.which("openssl"):
        lacking("openssl")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    options += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", *options, "-keyout", str(file) + ".key", "-out", str(file) + ".crt"],
        check=True,
        capture_output=True,
    )
    return str(file)


def server_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate + ".crt", certificate + ".key")
    return context


def test_a_letter_arrives_whole(postman):  # rule S4
    Server(postman.url).send(LETTER)
    ((sender, recipients, content),) = postman.letters
    letter = message_from_bytes(content, policy=policy.default)
    assert (sender, recipients) == ("reparatur@beispiel.de", ["inhaberin@salon.example"])
    assert letter["Subject"] == LETTER.subject
    assert letter["From"].addresses[0].display_name == "Reparatur Möller"
    assert (letter["Reply-To"], letter["Auto-Submitted"]) == ("support@beispiel.de", "auto-generated")
    assert letter["Date"].datetime == LETTER.date
    assert "Größe" in letter.get_body(("plain",)).get_content()
    assert "<p>" in letter.get_body(("html",)).get_content()


def test_a_copy_has_the_same_message_id(postman):  # rule S4
    for _ in range(2):
        Server(postman.url).send(LETTER)
    ids = {message_from_bytes(content)["Message-ID"] for _, _, content in postman.letters}
    assert ids == {LETTER.message_id}


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hallo\r\nBcc: alle@boese.example"},
        {"subject": "Hallo\nX: y"},
        {"subject": "Hallo\x00"},
        {"subject": "Hallo\u2028X: y"},
        {"recipient": "a@b.example\r\nBcc: c@d.example"},
        {"recipient": "a@b.example, c@d.example"},
        {"recipient": "niemand"},
        {"recipient": ""},
        {"recipient": "@b.example"},
        {"recipient": "a b@c.example"},
        {"sender": "reparatur"},
        {"reply_to": "a@b.example\nBcc: c@d.example"},
        {"message_id": "<a@b>\r\nBcc: c@d.example"},
        {"message_id": "ohne Klammern"},
        {"text": "kaputt \udc80"},
    ],
    ids=str,
)
def test_a_letter_that_would_smuggle_headers_is_refused_for_ever(change, postman, tmp_path):
    for way in (Server(postman.url), Folder(tmp_path)):
        with pytest.raises(MailRefused) as caught:
            way.send(replace(LETTER, **change))
        assert caught.value.permanent
    assert postman.letters == []
    assert os.listdir(tmp_path) == []


def test_a_letter_without_html_and_answer_address_is_plain(postman):
    Server(postman.url).send(replace(LETTER, html=None, reply_to=None))
    letter = message_from_bytes(postman.letters[0][2], policy=policy.default)
    assert letter.get_content_type() == "text/plain"
    assert letter["Reply-To"] is None


@pytest.mark.parametrize(
    ("answer", "kind", "is_away"),
    [
        ("550 no such user", MailRefused, None),
        ("451 later", MailFailed, False),
        ("421 closing", MailFailed, True),
    ],
)
@pytest.mark.parametrize("at", ["at_recipient", "at_data"])
def test_the_server_s_answer_decides_whether_to_try_again(answer, kind, is_away, at, postman):  # rule S4
    setattr(postman, at, answer)
    with pytest.raises(kind) as caught:
        Server(postman.url).send(LETTER)
    assert getattr(caught.value, "is_away", None) is is_away
    assert answer[:3] in str(caught.value)


def test_a_server_that_is_down_is_away(postman):  # rule S4
    with pytest.raises(MailFailed) as caught:
        Server(f"smtp://127.0.0.1:{free_port()}").send(LETTER)
    assert (caught.value.is_away, caught.value.permanent) == (True, False)


def test_a_server_that_says_nothing_is_away_after_a_while():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MailFailed) as caught:
            Server(url, timeout=0.2).send(LETTER)
    assert caught.value.is_away


def test_what_the_server_has_taken_counts_even_if_it_hangs_up(postman, monkeypatch):
    monkeypatch.setattr(mailer.smtplib.SMTP, "quit", lambda _: (_ for _ in ()).throw(OSError("gone")))
    Server(postman.url).send(LETTER)
    assert len(postman.letters) == 1


def test_encryption_is_used_when_offered(certificate):
    for postman in running(Postman(tls_context=server_tls(certificate))):
        Server(postman.url).send(LETTER)
        assert postman.talks[0].ssl is not None


def test_a_wrapped_connection_is_encrypted_from_the_start(certificate):
    context = server_tls(certificate)
    for postman in running(Postman(ssl_context=context)):
        Server(postman.url.replace("smtp://", "smtps://")).send(LETTER)
        assert len(postman.letters) == 1


def test_another_machine_s_certificate_must_be_genuine(certificate):
    assert Server("smtp://mail.beispiel.de").tls.verify_mode == ssl.CERT_REQUIRED
    assert Server("smtp://mail.beispiel.de").tls.check_hostname
    strict = ssl.create_default_context()
    for postman in running(Postman(tls_context=server_tls(certificate))):
        with pytest.raises(MailFailed) as caught:
            Server(postman.url, tls=strict).send(LETTER)
        assert caught.value.is_away
        assert postman.letters == []


def asks_for(user, password):
    """Return options of a mail server that lets only this person in, over TLS or not."""

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()))

    return {"authenticator": check, "auth_require_tls": False, "auth_required": True}


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_user_and_password_are_taken_from_the_address():
    for postman in running(Postman(**asks_for("post@beispiel.de", "ge:h/eim"))):
        host = f"127.0.0.1:{postman.port}"
        Server(f"smtp://post%40beispiel.de:ge%3Ah%2Feim@{host}").send(LETTER)
        assert len(postman.letters) == 1
        with pytest.raises(MailFailed) as caught:
            Server(f"smtp://post%40beispiel.de:falsch@{host}", timeout=1).send(LETTER)
        assert caught.value.is_away
        assert "falsch" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_never_leaves_the_machine_in_the_clear(monkeypatch):
    monkeypatch.setattr(mailer, "THIS_MACHINE", set())
    for postman in running(Postman(**asks_for("post", "geheim"))):
        with pytest.raises(MailFailed, match="no encryption"):
            Server(f"smtp://post:geheim@127.0.0.1:{postman.port}").send(LETTER)
        assert postman.letters == []


def test_an_address_the_server_has_no_letters_for_is_refused():
    for postman in running(Postman(enable_SMTPUTF8=False)):
        with pytest.raises(MailRefused):
            Server(postman.url).send(replace(LETTER, recipient="jürgen@salon.example"))


@pytest.mark.parametrize("url", ["http://a.example", "smtp://", "mail.beispiel.de", "smtp://a:x"])
def test_an_address_that_is_no_mail_server_is_refused_at_the_start(url):
    with pytest.raises(ValueError):
        Server(url)


def test_letters_go_to_the_folder_without_a_server(tmp_path):
    way = mailer_for(None, tmp_path / "mail")
    way.send(LETTER)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "20261122T093000-case-17-released.eml"
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert letter["To"].addresses[0].addr_spec == LETTER.recipient
    assert "Größe" in letter.get_body(("plain",)).get_content()
    way.send(LETTER)
    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_a_message_id_cannot_leave_the_folder(tmp_path):
    Folder(tmp_path / "mail").send(replace(LETTER, message_id="<../../x/y@b.example>"))
    assert [file.suffix for file in (tmp_path / "mail").iterdir()] == [".eml"]


def test_a_full_disk_leaves_no_half_letter(tmp_path, monkeypatch):
    monkeypatch.setattr(mailer.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(MailFailed) as caught:
        Folder(tmp_path).send(LETTER)
    assert caught.value.is_away
    assert os.listdir(tmp_path) == []
