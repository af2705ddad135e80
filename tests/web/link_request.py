"""How an owner asks for a link, page by page, as the tests do it."""

from werkzeug.test import TestResponse

from portal.models import Device
from tests.clients import PageClient, find_form, page_of

MOVING = {"reason": "moving"}
AT = {"when": "at", "at_day": "2026-11-21", "at_clock": "09:58"}
WAY = {"reason": MOVING, "online": AT, "uploaded": {"upload": "no"}, "entered": {"entered": "no"}}
RUNNING = {
    "reason": MOVING,
    "online": {"when": "running"},
    "data-first": {"upload": "now"},
    "entered": {"entered": "no"},
}


def begun(client: PageClient, device: Device) -> TestResponse:
    """Choose the device and return the next page."""
    return client.send(client.get("/links/new"), {"device": str(device.id)}, form="/links/new")


def filled_in(client: PageClient, device: Device, way: dict = WAY, **changes: dict) -> TestResponse:
    """Answer page by page and return the first one that is not on `way`: the check of all answers."""
    page = begun(client, device)
    for name, values in {**way, **changes}.items():
        assert page.request.path == f"/links/new/{name}", page_of(page).text
        page = client.send(page, values, form=f"/links/new/{name}")
    return page


def sent(client: PageClient, device: Device, way: dict = WAY, **changes: dict) -> TestResponse:
    """Fill in everything, acknowledge it and send; return the answer."""
    page = filled_in(client, device, way, **changes)
    assert page.request.path == "/links/new/check", page_of(page).text
    last = client.get("/links/new/send")
    return client.send(last, {"accepted": everything(last)}, form="/send")


def everything(page: TestResponse) -> list[str]:
    """Return all the boxes that the page asks to tick."""
    html = page.get_data(as_text=True)
    return [part.split('"')[0] for part in html.split('name="accepted" type="checkbox" value="')[1:]]


def looked_ahead(client: PageClient, page: TestResponse, values: dict) -> TestResponse:
    """Return what the box says while something is being chosen."""
    token = dict(find_form(page_of(page), {"csrf_token": ""}).fields)["csrf_token"]
    address, data = f"{page.request.path}/so-far", {"csrf_token": token, **values}
    return client.post(address, data=data, headers={"HX-Request": "true"})
