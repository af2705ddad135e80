"""The commands of `flask --app wsgi`, as an operator types them, on both engines: processes where needed."""

import tarfile
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from peewee import IntegrityError
from PIL import Image

from portal.models import TABLES, Account, Attachment, Case, History, Letter, base
from portal.outside import files
from portal.rules.workflow import Role
from tests import builders as build

PASSWORD = "lang-genug-2026"


def done(app, *words: str) -> str:
    """Run a command to its good end, here and not in a process; return what it says."""
    ended = app.test_cli_runner().invoke(args=words)
    assert ended.exit_code == 0, ended.output
    return ended.output


def refused(app, *words: str) -> str:
    """Run a command that must fail and say why, here and not in a process; return what it says."""
    done = app.test_cli_runner().invoke(args=words)
    assert done.exit_code != 0, done.output
    assert isinstance(done.exception, SystemExit), done.exception
    return done.output


def counted() -> dict[str, int]:
    return {table.__name__: table.select().count() for table in TABLES}


def test_from_nothing_to_a_portal_that_is_well(empty_database_url, environment, run_command):
    environment["PORTAL_DATABASE"] = empty_database_url
    assert "0001_initial" in run_command("migrate", typed=True)
    assert "made" in run_command("demo")
    assert "is there" in run_command("demo")
    assert "30 cases" in run_command("fill", "--cases", "30")
    run_command("worker", "--once")
    assert "All is well" in run_command("check")
    opened = base.connect(empty_database_url)
    with opened.connection_context():
        assert Case.select().count() > 30
        assert not Letter.select().where(Letter.due_at.is_null(False))
        assert list(Path(environment["PORTAL_MAIL_FOLDER"]).glob("*.eml"))
    opened.close_all()


def test_a_backup_put_back_is_as_it_was(database, environment, run_command, tmp_path):  # rules S, L3
    photos, file = Path(environment["PORTAL_PHOTOS"]), tmp_path / "backup.tar.gz"
    case = build.a_case()
    build.an_active_link(case.device)
    stored = _a_photo(photos)
    Attachment.create(case=case, name=stored.name, width=8, height=8, size=stored.size, at=build.NOW)
    before, picture = counted(), (photos / stored.name).read_bytes()

    run_command("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0, "it holds everybody's data"
    build.a_case()
    Attachment.delete().execute()
    files.delete_photo(photos, stored.name)
    database.close_all()
    run_command("restore", "--yes", str(file))

    database.connect(reuse_if_open=True)
    assert counted() == before
    assert (photos / stored.name).read_bytes() == picture
    with pytest.raises(IntegrityError), base.transaction():  # its triggers are back too
        History.delete().execute()
    assert build.a_case().number > case.number, "the numbers go on"


def _a_photo(folder: Path) -> files.StoredPhoto:
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "PNG")
    made.seek(0)
    return files.store_photo(made, folder)


def test_what_is_no_backup_never_reaches_the_database(app, tmp_path):
    case = build.a_case()
    text, empty, cut = tmp_path / "text", tmp_path / "empty.tar.gz", tmp_path / "cut.tar.gz"
    text.write_text("no archive")
    with tarfile.open(empty, "x:gz") as archive:
        archive.add(text, "photos/text")
        archive.add(text, "../database")
    cut.write_bytes(empty.read_bytes()[:-60])
    for file in (text, empty, cut):
        assert "is no backup" in refused(app, "restore", "--yes", str(file)), file
    assert Case.get_by_id(case.id).number == case.number
    assert not (tmp_path.parent / "database").exists()


def test_what_is_not_well_is_told(app):
    said = refused(app, "check")
    assert "worker has not finished a round" in said
    assert "operator's imprint_text is empty" in said  # rule "Operator"


def test_staff_are_added_by_name_and_password(app):
    new = ("add-staff", "Neu@Portal.example", "Neue Kraft", "--password", PASSWORD)
    done(app, *new, "--admin")
    assert Account.get(Account.email == "neu@portal.example").role is Role.ADMIN
    assert "e-mail address already" in refused(app, *new)


def test_the_operator_is_set_by_a_command(app, tmp_path):  # rule "Operator"
    imprint = tmp_path / "imprint.txt"
    imprint.write_text("Wir sind es.", encoding="utf-8")
    shown = app.test_cli_runner().invoke(args=("operator", "phone=02202 12345", f"imprint_text=@{imprint}"))
    assert "phone=02202 12345\n" in shown.output
    assert "imprint_text=Wir sind es.\n" in app.test_cli_runner().invoke(args=("operator",)).output
    assert "release_days" in refused(app, "operator", "release_days=0")
    assert "FIELD=VALUE" in refused(app, "operator", "phone")


@pytest.mark.parametrize(
    ("email", "name", "password", "message"),
    [
        ("nobody", "Neue Kraft", PASSWORD, "EMAIL"),
        ("x" * 300 + "@portal.example", "Neue Kraft", PASSWORD, "EMAIL"),
        ("neu@portal.example", " ", PASSWORD, "NAME"),
        ("neu@portal.example", "x" * 121, PASSWORD, "NAME"),
        ("neu@portal.example", "Neue Kraft", "kurz", "10 to 128 characters"),
    ],
)
def test_nobody_is_added_by_mistake(app, email, name, password, message):
    assert message in refused(app, "add-staff", email, name, "--password", password)
    assert not Account.select()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("proxies", "next_page"), [("0", "/"), ("1", "/cases/R260000019")])
def test_only_a_proxy_that_was_announced_says_where_we_are(start_server, proxies, next_page):
    server = start_server(PORTAL_PROXIES=proxies, PORTAL_HOSTS="repair.example")
    headers = {
        "X-Forwarded-Host": "repair.example",
        "HX-Request": "true",
        "HX-Current-URL": "https://repair.example/cases/R260000019",
    }
    with pytest.raises(HTTPError) as answer:
        urlopen(Request(f"{server.address}/cases", headers=headers))
    with answer.value as refusal:
        assert refusal.headers["HX-Redirect"] == f"/sign-in?next={next_page}"


def test_a_customers_list_is_taken_over_and_the_same_again_changes_nothing(app, tmp_path):
    file = tmp_path / "kunden.csv"
    header, row = "Kundennummer;Kunde;Salon;Straße;PLZ;Ort;Seriennummer", "K1;Haar;Süd;Weg 1;50667;Köln;KS-1"
    file.write_text(f"{header}\n{row}\n;;\n", encoding="cp1252")
    assert "1 customers new" in done(app, "import-customers", str(file), "--dry-run")
    assert "1 devices new" in done(app, "import-customers", str(file))
    assert "Changed: nothing" in done(app, "import-customers", str(file))
