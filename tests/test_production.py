"""What is unsafe in production is refused by `flask check`, one sentence each."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal import production
from portal.config import Settings


@pytest.fixture
def good(tmp_path: Path) -> Settings:
    """Give settings as a careful operator has them; files there are this user's own."""
    photos = tmp_path / "photos"
    photos.mkdir(mode=0o700)
    return Settings(
        secret="d1f7a1c9b0e44a6f8a5c3e2b7d9016f4a8c0b3e6",
        url="https://reparatur.example",
        database="postgresql://portal:secret@127.0.0.1/portal",
        smtp="smtp://mail.example",
        mail_from="Reparatur <reparatur@portal.example>",
        photos=photos,
        takeouts=tmp_path / "takeouts",
        proxies=1,
    )


def test_a_careful_operators_settings_are_fine(good):
    assert list(production.problems_of(good)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://reparatur.example"}, "not https"),
        ({"proxies": 0}, "PORTAL_PROXIES is 0"),
        ({"smtp": ""}, "PORTAL_SMTP is not set"),
        ({"mail_from": "reparatur@localhost"}, "PORTAL_MAIL_FROM"),
        ({"mail_from": "Reparatur <x@localhost>"}, "PORTAL_MAIL_FROM"),
        ({"secret": "ab" * 20}, "easy to guess"),
        ({"database": "postgresql://portal:secret@db.example/portal"}, "sslmode"),
        ({"database": "postgresql://portal:secret@db.example/portal?sslmode=prefer"}, "sslmode"),
        ({"photos": production.STATIC / "photos"}, "served to everybody"),
        ({"takeouts": production.STATIC / "takeouts"}, "served to everybody"),
        ({"demo": True}, "PORTAL_DEMO is on"),
    ],
)
def test_each_danger_is_named(good, changes, said):
    problems = list(production.problems_of(replace(good, **changes)))
    assert len(problems) == 1, problems
    assert said in problems[0]


def test_an_encrypted_database_elsewhere_is_fine(good):
    far = replace(good, database="postgresql://portal@db.example/portal?sslmode=verify-full")
    assert list(production.problems_of(far)) == []


def test_a_demo_at_home_is_fine():
    assert list(production.problems_of(Settings(demo=True))) == []


@pytest.mark.parametrize("mode", [0o755, 0o704, 0o701])
def test_files_that_others_may_read_are_named(good, tmp_path, monkeypatch, mode):
    monkeypatch.setattr(production, "_is_shut_off", lambda _path: False)  # a test's own folder is
    good.photos.chmod(mode)
    database = tmp_path / "portal.sqlite3"
    database.touch()
    database.chmod(0o644)
    file, photos = production.problems_of(replace(good, database=f"sqlite:///{database}"))
    assert f"chmod -R o-rwx {good.photos}" in photos
    assert f"chmod -R o-rwx {database}" in file


def test_a_folder_above_that_lets_nobody_through_is_enough(good, tmp_path):
    tmp_path.chmod(0o700)
    good.photos.chmod(0o755)
    assert list(production.problems_of(good)) == []
