"""Every kind of page there is, and how to come there: one list for looking at all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from peewee import Expression
from PIL import Image

from portal import demo
from portal.actions import (
    accounts,
    cases,
    commissioning,
    link_requests,
    link_steps,
    links,
    readouts,
    reports,
    tills,
)
from portal.models import Account, Case, Device, Draft, SubstituteLink
from portal.models.base import BaseModel
from portal.outside import clock, files
from portal.rules import backups, link_request
from portal.rules import links as link_rules
from portal.rules.carriers import Carrier
from portal.rules.commissioning import Item
from portal.rules.links import Mode, TillDeed
from portal.rules.report import Page
from tests import builders
from tests.clients import DEMO_PASSWORD, let_pass
from tests.filled_in import SEND_IN
from tests.journeys import (
    places_of_appointments,
    places_of_coming_in,
    places_of_emergencies,
    places_of_parcels,
    places_of_photos,
    places_of_privacy,
    places_of_proving,
    places_of_quotes,
    places_of_the_end,
    places_of_the_register,
    places_of_workshop,
)

MORE = (
    places_of_quotes,
    places_of_parcels,
    places_of_photos,
    places_of_appointments,
    places_of_workshop,
    places_of_the_end,
    places_of_the_register,
    places_of_coming_in,
    places_of_privacy,
    places_of_proving,
)


@dataclass(frozen=True)
class Place:
    """One page: its address, the cookie of whoever looks at it, and the status it answers with."""

    name: str
    path: str
    cookie: str = ""
    status: int = 200


class Cookies:
    """Makes the portal's own cookie for somebody who is signed in, or has begun a report."""

    def __init__(self, app: Flask) -> None:
        self._signer = SecureCookieSessionInterface().get_signing_serializer(app)
        self._tokens: dict[int, str] = {}  # one sign-in each: passwords are slow to check

    def of(self, account: Account | None = None, *, is_half: bool = False, **session: object) -> str:
        """Return the cookie's value; `is_half`: the second factor is still to come."""
        given = dict(session)
        if account:
            if account.id not in self._tokens:
                _, self._tokens[account.id] = accounts.sign_in(
                    account.email, DEMO_PASSWORD, device="Test", now=clock.now()
                )
                if not is_half:
                    let_pass(account.email)
            given |= {"_user_id": self._tokens[account.id], "_fresh": True}
        return self._signer.dumps(given)


def all_places(app: Flask, photos: Path) -> list[Place]:
    """Fill the database with the demo's data and more, and return every kind of page."""
    now, secret = clock.now(), app.config["SECRET_KEY"]
    demo.make(now=now, secret=secret)
    cookies = Cookies(app)
    return [
        *_public(cookies),
        *_report(cookies, now, photos),
        *_owner(cookies, now, secret),
        *_staff(cookies, now),
        *_commissioning(cookies, now, secret),
        *(Place(name, path, cookies.of(who)) for more in MORE for name, path, who in more.pages(now)),
        *_on_the_way_in(cookies, now),
        *(Place(name, path, cookies.of(who)) for name, path, who in places_of_emergencies.pages(now, secret)),
        *_errors(cookies),
    ]


def _on_the_way_in(cookies: Cookies, now: datetime) -> Iterator[Place]:
    """Yield what staff see between the first factor and the second."""
    for name, path, who in places_of_proving.half(now):
        yield Place(name, path, cookies.of(who, is_half=True))


def first_of(model: type[BaseModel], *found_by: Expression) -> BaseModel:
    """Return the oldest row that fits: PostgreSQL gives any of several, and another one each time."""
    return model.select().where(*found_by).order_by(model.id).get()


def account(name: str) -> Account:
    """Return the demo's account of this name."""
    return Account.get(Account.email == f"{name}.example")


def _public(cookies: Cookies) -> Iterator[Place]:
    for name, path in [
        ("start", "/"), ("help", "/help"), ("imprint", "/imprint"), ("privacy", "/privacy"),
        ("accessibility", "/accessibility"), ("sign-in", "/sign-in"),
    ]:  # fmt: skip
        yield Place(f"public-{name}", path)
    yield Place("public-english", "/", cookies.of(language="en"))


def _report(cookies: Cookies, now: datetime, photos: Path) -> Iterator[Place]:
    owner = account("inhaberin@salon")
    device = Device.get(Device.serial == "KS-2025-0417")
    yield Place("report-begin", "/report", cookies.of(owner))
    running = {
        "running": {"running": "yes"}, "data_first": {"upload": "no", "uploaded_at": ""},
        "link": {"wanted": "yes"}, "entered": {"entered": "yes"},
    }  # fmt: skip
    yield from _pages(cookies, owner, "", _draft(owner, device, now, photos, **running))
    unlisted = {
        "device": {"device": "unlisted"},
        "device_details": {
            "purchase": "unknown",
            "month": "",
            "year": "",
            "tse": "unknown",
            "origin": "elsewhere",
        },
        "backup": {"booked": "unknown"},
        "costs": {"consents": [builders.consent("repair_by_quote", now)]},
    }  # fmt: skip
    yield from _pages(cookies, owner, "unlisted-", _draft(owner, device, now, None, **unlisted))
    signed_out, key = reports.begin(account=None, now=now)
    del signed_out
    yield Place("report-device-signed-out", "/report/device", cookies.of(draft=key))
    for topic, details in [
        ("peripheral", {"bought_from": "elsewhere"}),
        ("software", {}),
        ("training", {"first_training": "no"}),
        ("card_terminal", {"server_affected": "no"}),
        ("bookkeeping", {"technical_fault": "no"}),
        ("data_entry", {}),
        ("internet", {"server_affected": "no"}),
        ("pc_or_tablet", {"server_affected": "no"}),
    ]:
        answered = {"topic": {"topic": topic}, "topic_details": {"topic": topic, **details}}
        yield from _pages(cookies, owner, f"{topic}-", _draft(owner, device, now, None, **answered), few=True)
    helped = {"checks": {**SEND_IN[Page.CHECKS], "helped": "yes"}}
    yield from _pages(cookies, owner, "helped-", _draft(owner, device, now, None, **helped), few=True)


def _draft(
    owner: Account, listed: Device, now: datetime, photos: Path | None, **changes: dict
) -> tuple[Draft, str]:
    draft, key = builders.a_draft(listed, owner, now)
    for name, given in {**_consents(now), **changes}.items():
        draft = reports.answer(draft, Page(name.replace("_", "-")), given, account=owner, now=now)
    if photos:
        picture = photos.parent / "picture.png"
        Image.new("RGB", (400, 300), "#456").save(picture)
        with picture.open("rb") as stream:
            stored = files.store_photo(stream, photos)
        reports.add_photo(
            draft, name=stored.name, width=stored.width, height=stored.height, size=stored.size, now=now
        )
    return draft, key


def _consents(now: datetime) -> dict[str, dict]:
    """Return the pages that only some reports ask for, answered."""
    charges, terms = ("third_party_charge", "training_charge"), ("link_temporary", "link_devices", "link_tse")
    return {
        "charge": {"consents": [builders.consent(kind, now) for kind in charges]},
        "link_terms": {"consents": [builders.consent(kind, now) for kind in terms]},
        "contact": {"contact_name": "Aylin Yıldız", "phone": "+49221123456"},
        "remote": {"rustdesk": "unknown", "consents": [builders.consent("remote_terms", now)]},
    }


def _pages(
    cookies: Cookies, owner: Account, prefix: str, begun: tuple[Draft, str], *, few: bool = False
) -> Iterator[Place]:
    """Yield the pages on the way of a draft; `few` leaves out what other drafts show already."""
    from portal.web.public.report_pages import Walk

    draft, key = begun
    cookie = cookies.of(owner, draft=key)
    walk = Walk(draft, owner)
    known = {
        Page.DEVICE,
        Page.TOPIC,
        Page.CHECKS,
        *([Page.FAULT, Page.CONTACT] if prefix != "software-" else []),
    }
    for page in walk.path:
        if not (few and page in known) and (not prefix or few or page is Page.DEVICE_DETAILS):
            yield Place(f"report-{prefix}{page}", f"/report/{page}", cookie)
    if walk.first_open is None:
        end = "result" if walk.has_ended else "check"
        yield Place(f"report-{prefix}{end}", f"/report/{end}", cookie)


def _owner(cookies: Cookies, now: datetime, secret: str) -> Iterator[Place]:
    owner, second = account("inhaberin@salon"), account("zweite@salon")
    mine, hers = cookies.of(owner), cookies.of(second)
    received = first_of(Case, Case.reporter == owner)
    asked = first_of(Case, Case.reporter == second, Case.state == "awaiting_information")
    waiting = first_of(Case, Case.reporter == second, Case.state == "submitted")
    shipping = first_of(Case, Case.reporter == second, Case.state == "awaiting_shipment")
    active = first_of(SubstituteLink, SubstituteLink.device == received.device)
    moving = first_of(SubstituteLink, SubstituteLink.reason == "moving")
    ended, refused = _past_links(second, now, secret)
    sent, cancelled, lapsed = _more_cases(second, now)
    for name, cookie, path in [
        ("cases", mine, "/cases"),
        ("cases-many", hers, "/cases"),
        ("case-received", mine, f"/cases/{received.number}"),
        ("case-asked", hers, f"/cases/{asked.number}"),
        ("case-waiting", hers, f"/cases/{waiting.number}"),
        ("case-shipping", hers, f"/cases/{shipping.number}"),
        ("case-sent", hers, f"/cases/{sent.number}"),
        ("case-cancelled", hers, f"/cases/{cancelled.number}"),
        ("case-lapsed", hers, f"/cases/{lapsed.number}"),
        ("parcel", hers, f"/cases/{shipping.number}/parcel"),
        ("mark-sent", hers, f"/cases/{shipping.number}/sent"),
        ("cancel", hers, f"/cases/{sent.number}/cancel"),
        ("answer", hers, f"/cases/{asked.number}/answer"),
        ("confirmation", hers, f"/report/sent/{shipping.number}"),
        ("confirmation-waiting", hers, f"/report/sent/{waiting.number}"),
        ("link-active", mine, f"/links/{active.id}"),
        ("link-requested", hers, f"/links/{moving.id}"),
        ("link-ended", hers, f"/links/{ended.id}"),
        ("link-refused", hers, f"/links/{refused.id}"),
        ("link-new", mine, "/links/new"),
        ("link-withdraw", mine, f"/links/{active.id}/withdraw"),
    ]:
        yield Place(f"owner-{name}", path, cookie)
    yield from _link_request(cookies, owner, now)
    yield from _doors(active, ended, secret)


def _past_links(owner: Account, now: datetime, secret: str) -> tuple[SubstituteLink, SubstituteLink]:
    """Make a link that has ended and one that was refused."""
    support = account("support@portal")
    salon = Device.get(Device.serial == "KS-2025-0301").salon
    device = builders.a_device(salon, serial="KS-2023-0500", now=now)
    ended = builders.an_active_link(
        device, now=now - timedelta(days=9), days=7, secret=secret, staff=support,
        link=builders.a_link_request(device, owner, now - timedelta(days=9)),
    )  # fmt: skip
    link_steps.expire(ended, now=now)
    asked = builders.a_link_request(device, owner, now - timedelta(days=1))
    return ended, links.refuse(asked, "Die Sicherung fehlt leider.", by=support, now=now)


def _more_cases(owner: Account, now: datetime) -> tuple[Case, Case, Case]:
    """Make a case whose parcel is overdue, a cancelled one, and one whose release has lapsed."""
    support = account("support@portal")
    salon = Device.get(Device.serial == "KS-2025-0301").salon
    made = [
        builders.a_case(builders.a_device(salon, now=now), owner, now - timedelta(days=days))
        for days in (12, 3, 40)
    ]
    sent = cases.mark_sent(
        made[0], Carrier.DHL, "00340434161094042557", by=owner, now=now - timedelta(days=11)
    )
    return sent, cases.cancel(made[1], by=support, why="Der Salon rief an.", now=now), made[2]


def _link_request(cookies: Cookies, owner: Account, now: datetime) -> Iterator[Place]:
    for name, answers in _link_answers(now).items():
        draft, key = link_requests.begin(now=now)
        for page, given in answers.items():
            draft = link_requests.answer(draft, page, given, now=now)
        cookie = cookies.of(owner, link_request={"key": key, "account": owner.id})
        for page in link_request.path(draft.answers, None)[1:]:
            if name == "link" or page is link_request.Page.DATA_FIRST or name == page:
                yield Place(f"owner-{name}-{page}", f"/links/new/{page}", cookie)


def _link_answers(now: datetime) -> dict[str, dict[link_request.Page, dict[str, str]]]:
    """Return the answers of requests: the common one, of a running server, and with little known."""
    page, last = link_request.Page, now - timedelta(hours=5)
    given: dict[link_request.Page, dict[str, str]] = {
        page.DEVICE: {"device": str(Device.get(Device.serial == "KS-2018-0032").id)},
        page.REASON: {"reason": "moving", "reason_text": ""},
        page.ONLINE: {"when": "at", "at": last.isoformat()},
        page.UPLOADED: {"upload": "no", "uploaded_at": ""},
        page.BOOKED: {"booked": "yes"},
        page.ENTERED: {"entered": "yes", "since": backups.last_slot(last).isoformat()},
    }
    running = {page.ONLINE: {"when": "running", "at": ""}}
    unknown = {
        page.ONLINE: {"when": "unknown", "at": ""},
        page.BOOKED: {"booked": "unknown"},
        page.ENTERED: {"entered": "unknown", "since": ""},
    }
    return {"link": given, "link-running": {**given, **running}, "check": {**given, **unknown}}


def _doors(active: SubstituteLink, ended: SubstituteLink, secret: str) -> Iterator[Place]:
    for name, link, status in [("open", active, 200), ("over", ended, 410)]:
        token = link_rules.door_token(secret, link.id, link.generation)
        yield Place(f"door-{name}", f"/l/{token}", status=status)


def _staff(cookies: Cookies, now: datetime) -> Iterator[Place]:
    support = account("support@portal")
    cookie, lists = cookies.of(support), ("links", "underway", "workshop", "waiting", "all")
    received = first_of(Case, Case.state == "received")
    waiting = first_of(Case, Case.state == "submitted")
    of_case = SubstituteLink.case.is_null(False)
    requested = first_of(SubstituteLink, SubstituteLink.state == "requested", of_case)
    moving = first_of(SubstituteLink, SubstituteLink.reason == "moving")
    cases.note(received, "Der Karton ist feucht.", by=support, now=now)
    for name, path in [
        ("queue", "/staff/"),
        *((f"list-{name}", f"/staff/lists/{name}") for name in lists),
        ("list-empty", "/staff/lists/return"),
        ("case-received", f"/staff/cases/{received.number}"),
        ("case-waiting", f"/staff/cases/{waiting.number}"),
        ("case-link", f"/staff/cases/{requested.case.number}"),
        ("link-moving", f"/staff/links/{moving.id}"),
        ("check-in", "/staff/check-in"),
        ("check-in-found", f"/staff/check-in?number={requested.case.number}"),
        ("search", "/staff/search?q=kosmetik"),
        ("search-nothing", "/staff/search?q=nirgends"),
        ("letters", "/staff/letters"),
    ]:
        yield Place(f"staff-{name}", path, cookie)
    yield Place("staff-check-in-mistyped", "/staff/check-in?number=R26", cookie, 422)


def _commissioning(cookies: Cookies, now: datetime, secret: str) -> Iterator[Place]:
    """Show a link's later days at the desk, and the list that puts a server into service."""
    support = account("support@portal")
    cookie = cookies.of(support)
    here = cases.receive(builders.a_sent_case(now=now), by=support, now=now)
    asked = builders.a_link_request(case=here, now=now, entered_since=True)
    locked = builders.an_active_link(link=asked, mode=Mode.VIEW_ONLY, now=now, secret=secret)
    yield Place("staff-link-locked", f"/staff/cases/{here.number}", cookie)
    readouts.fail_read_out(locked, "Die Platte ist defekt.", by=support, now=now)
    yield Place("staff-link-failed", f"/staff/links/{locked.id}", cookie)
    granted = links.grant(
        builders.a_link_request(now=now), Mode.VIEW_ONLY, days=30, secret=secret, by=support, now=now
    )
    tills.refused(granted, TillDeed.CREATE, "503: maintenance until 18:00", now=now)
    yield Place("staff-link-granted", f"/staff/links/{granted.id}", cookie)
    left = links.delete(builders.an_active_link(now=now), "Nicht mehr nötig", by=support, now=now)
    yield Place("staff-till-left", f"/staff/links/{left.id}", cookie)
    for name, done in [("begun", 1), ("till-left", 2), ("complete", 5)]:
        case = builders.a_case_at_commissioning(now=now, staff=support)
        builders.an_active_link(link=builders.a_link_request(case=case, now=now), now=now, secret=secret)
        for item in [one for one in Item if one is not Item.LINK_ENDED][:done]:
            case = commissioning.tick(case, item, by=support, now=now, till_deleted=name == "complete")
        yield Place(f"staff-commissioning-{name}", f"/staff/cases/{case.number}/commissioning", cookie)
    yield Place("staff-case-commissioning", f"/staff/cases/{case.number}", cookie)


def _errors(cookies: Cookies) -> Iterator[Place]:
    owner = cookies.of(account("inhaberin@salon"))
    yield Place("error-404", "/nirgends", status=404)
    yield Place("error-404-owner", "/cases/R260000011", owner, 404)
    yield Place("error-404-staff-area", "/staff/", owner, 404)
