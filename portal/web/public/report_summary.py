"""All answers of a report, in groups and in plain words, each with the address where it is changed."""

from collections.abc import Callable
from datetime import date

from flask import url_for
from flask_babel import gettext as _

from portal.rules import report
from portal.rules.report import Page
from portal.rules.triage import CheckAnswer, Origin, QuickCheck, Topic
from portal.web import labels
from portal.web.public.report_pages import CHECK, Walk

Row = tuple[str, str, str]


def sections(walk: Walk) -> list[tuple[str, list[Row]]]:
    """Return the groups of the check page: title and rows of question, answer, address."""
    groups = (
        (_("Gerät"), (Page.DEVICE, Page.DEVICE_DETAILS, Page.TOPIC, Page.TOPIC_DETAILS)),
        (_("Anliegen") if walk.topic is Topic.TRAINING else _("Fehler"), (Page.CHECKS, Page.FAULT)),
        (_("Daten"), (Page.RUNNING, Page.DATA_FIRST, Page.ONLINE, Page.BACKUP, Page.ENTERED)),
        (_("Ersatzlink"), (Page.LINK, Page.LINK_TERMS)),
        (
            _("Rücksendung und Kontakt") if Page.ADDRESS in walk.path else _("Kontakt"),
            (Page.ADDRESS, Page.CONTACT),
        ),
        (_("Kosten und Bedingungen"), (Page.CHARGE, Page.COSTS, Page.REMOTE)),
    )
    found = [(title, _rows(walk, pages)) for title, pages in groups]
    return [(title, rows) for title, rows in found if rows]


def _rows(walk: Walk, pages: tuple[Page, ...]) -> list[Row]:
    return [
        (question, answer, url_for("report.question", page=page, back=CHECK))
        for page in pages
        if page in walk.path and page in ROWS
        for question, answer in ROWS[page](walk)
    ]


def _word(value: str | None) -> str:
    """Return a yes, no or unknown as it was chosen."""
    words = {"yes": _("Ja"), "no": _("Nein"), "unknown": _("Weiß ich nicht")}
    return words.get(value or "", "")


def _yes_no(page: Page, name: str, question: Callable[[], str]) -> Callable[[Walk], list[tuple[str, str]]]:
    return lambda walk: [(question(), _word(walk.answers[page].get(name)))]


def _device(walk: Walk) -> list[tuple[str, str]]:
    if walk.device is None:
        return [(_("Kassenserver"), _("steht nicht in der Liste"))] if walk.is_identified else []
    serial = walk.device.serial
    parts = [
        walk.device.name,
        walk.device.salon.name,
        _("Seriennummer %(serial)s", serial=serial) if serial else "",
    ]
    return [(_("Kassenserver"), " · ".join(part for part in parts if part))]


def _device_details(walk: Walk) -> list[tuple[str, str]]:
    given = walk.answers[Page.DEVICE_DETAILS]
    known = given.get("month") and given.get("year")
    bought = f"{int(given['month']):02d}/{given['year']}" if known else _word("unknown")
    origin = Origin(given.get("origin") or Origin.UNKNOWN)
    rows = [
        (_("Gekauft"), bought),
        (_("TSE als USB-Stick im Server"), _word(given.get("tse"))),
        (_("Herkunft"), _word("unknown") if origin is Origin.UNKNOWN else labels.label(origin)),
    ]
    salon = next((salon.name for salon in walk.salons if str(salon.id) == given.get("salon")), "")
    return [(_("Salon"), salon), *rows] if salon else rows


def _topic(walk: Walk) -> list[tuple[str, str]]:
    return [(_("Betroffen"), labels.label(walk.topic))]


def _topic_details(walk: Walk) -> list[tuple[str, str]]:
    given = walk.answers[Page.TOPIC_DETAILS]
    if "bought_from" in given:
        return [(_("Das Gerät ist"), labels.label(Origin(given["bought_from"])))]
    questions = {
        "server_affected": _("Kassenserver auch betroffen"),
        "technical_fault": _("Technischer Fehler als Ursache"),
        "first_training": _("Erste Schulung"),
    }
    return [(text, _word(given[name])) for name, text in questions.items() if name in given]


def _checks(walk: Walk) -> list[tuple[str, str]]:
    words = {
        CheckAnswer.DONE: _("gemacht"),
        CheckAnswer.NOT_POSSIBLE: _("nicht möglich"),
        CheckAnswer.UNKNOWN: _("weiß ich nicht"),
    }
    given = report.quick_checks(walk.answers)
    found = [f"{labels.label(check)}: {words[given[check]]}" for check in QuickCheck if check in given]
    return [(_("Schnellprüfungen"), "\n".join(found))]


def _fault(walk: Walk) -> list[tuple[str, str]]:
    given = walk.answers[Page.FAULT]
    since = date.fromisoformat(given["since"]) if given.get("since") else None
    photos = walk.draft.photos.count()
    rows = [
        (
            _("Was möchten Sie lernen?") if walk.topic is Topic.TRAINING else _("Was ist los?"),
            given.get("text", ""),
        ),
        (_("Auf dem Bildschirm"), given.get("on_screen", "")),
        (_("Seit"), labels.day(since)),
        (_("Fotos"), str(photos) if photos else ""),
    ]
    return [row for row in rows if row[1]]


def _data_first(walk: Walk) -> list[tuple[str, str]]:
    answer = labels.moment(walk.uploaded_at) if walk.uploaded_at else _word("no")
    return [(_("Sicherung hochgeladen"), answer)]


def _online(walk: Walk) -> list[tuple[str, str]]:
    at = report.instant(walk.answers, Page.ONLINE, "at")
    return [(_("Zuletzt an und online"), labels.moment(at) or _word("unknown"))]


def _entered(walk: Walk) -> list[tuple[str, str]]:
    backup_at = walk.asked_about
    question = (
        _("Seit %(when)s etwas eingegeben", when=labels.moment(backup_at))
        if backup_at
        else _("Seit der letzten Sicherung etwas eingegeben")
    )
    return [(question, _word(walk.answers[Page.ENTERED].get("entered")))]


def _address(walk: Walk) -> list[tuple[str, str]]:
    given = walk.answers[Page.ADDRESS]
    city = f"{given['postal_code']} {given['city']}"
    if given.get("country", "DE") != "DE":
        city = f"{given['country']}-{city}"
    return [(_("Zurück an"), "\n".join((given["name"], given["street"], city))), *_person(walk, Page.ADDRESS)]


def _person(walk: Walk, page: Page = Page.CONTACT) -> list[tuple[str, str]]:
    given = walk.answers[page]
    person = (_("Ansprechperson"), f"{given['contact_name']}\n{labels.phone(given['phone'])}")
    if walk.is_identified:
        return [person]
    place = [(_("Salon"), f"{given['name']}, {given['city']}")] if page is Page.CONTACT else []
    number = given.get("customer_number") or _word("unknown")
    return [*place, person, (_("E-Mail-Adresse"), given["email"]), (_("Kundennummer"), number)]


def _accepted(page: Page, question: Callable[[], str]) -> Callable[[Walk], list[tuple[str, str]]]:
    def rows(walk: Walk) -> list[tuple[str, str]]:
        texts = [consent["wording"] for consent in report.accepted(walk.answers, page)]
        return [(question(), "\n\n".join(texts))] if texts else []

    return rows


def _link(walk: Walk) -> list[tuple[str, str]]:
    wish = (_("Ersatzlink gewünscht"), _word(walk.answers[Page.LINK].get("wanted")))
    return [wish, *_accepted(Page.LINK, lambda: _("Bestätigt"))(walk)]


def _costs(walk: Walk) -> list[tuple[str, str]]:
    estimate = (_("Reparatur, Schätzung vom %(day)s", day=labels.day(walk.today, weekday=False)),
                labels.label(walk.facts.estimate))  # fmt: skip
    return [estimate, *_accepted(Page.COSTS, lambda: _("Bestätigt"))(walk)]


def _remote(walk: Walk) -> list[tuple[str, str]]:
    ready = (_("RustDesk ist bereit"), _word(walk.answers[Page.REMOTE].get("rustdesk")))
    return [ready, *_accepted(Page.REMOTE, lambda: _("Bestätigt"))(walk)]


ROWS: dict[Page, Callable[[Walk], list[tuple[str, str]]]] = {
    Page.DEVICE: _device,
    Page.DEVICE_DETAILS: _device_details,
    Page.TOPIC: _topic,
    Page.TOPIC_DETAILS: _topic_details,
    Page.CHECKS: _checks,
    Page.FAULT: _fault,
    Page.RUNNING: _yes_no(Page.RUNNING, "running", lambda: _("Der Kassenserver läuft noch")),
    Page.DATA_FIRST: _data_first,
    Page.ONLINE: _online,
    Page.BACKUP: _yes_no(Page.BACKUP, "booked", lambda: _("Externe Sicherung gebucht")),
    Page.ENTERED: _entered,
    Page.LINK: _link,
    Page.LINK_TERMS: _accepted(Page.LINK_TERMS, lambda: _("Bestätigt")),
    Page.ADDRESS: _address,
    Page.CONTACT: _person,
    Page.CHARGE: _accepted(Page.CHARGE, lambda: _("Kosten bestätigt")),
    Page.COSTS: _costs,
    Page.REMOTE: _remote,
}
