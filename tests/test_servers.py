"""Do the tests' servers start, end and start again as the tests need it?"""

import smtplib
from email.message import EmailMessage

import pytest

on_one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # a server is a server


def letter(subject: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@salon.example", "b@salon.example", subject
    made.set_content("Hallo")
    return made


def send(mailbox, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=5) as connection:
        connection.send_message(letter(subject))


def test_the_mailbox_keeps_letters_over_its_own_outage(smtp_server):
    send(smtp_server, "eins")
    smtp_server.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_server, "zwei")
    smtp_server.start()
    send(smtp_server, "drei")
    assert [one["Subject"] for one in smtp_server.to("b@salon.example")] == ["eins", "drei"]


def test_the_mailbox_can_refuse(smtp_server):
    smtp_server.refuse = lambda one: "451 later" if one["Subject"] == "schlecht" else None
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_server, "schlecht")
    assert smtp_server.letters == []


@on_one_engine
def test_a_server_answers_dies_and_comes_back_at_the_same_address(live_server):
    assert live_server.answers()
    live_server.kill()
    assert not live_server.answers()
    live_server.restart()
    assert live_server.answers()


@on_one_engine
def test_two_servers_run_side_by_side(start_server):
    first, second = start_server(), start_server()
    assert first.address != second.address
    assert first.answers()
    assert second.answers()
