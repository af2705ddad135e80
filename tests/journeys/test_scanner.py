"""A hand scanner types into whatever has the focus: does each code reach its own parcel?  Rule C4."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.models import Case
from portal.outside import clock
from portal.rules import numbers
from tests import builders
from tests.journeys.people import Business, sign_in


@pytest.mark.parametrize("javascript", [True], indirect=True)
def test_the_next_cartons_code_never_takes_the_last_parcel_in(
    business: Business, desk: Page, start_server: Callable, javascript: bool
):  # rule C4
    now = clock.now()
    first = builders.a_sent_case(business.device, business.owner, now)
    second = builders.a_sent_case(builders.a_device(business.salon, now=now), business.owner, now)
    address = start_server().address
    sign_in(desk, address, business.staff)
    desk.goto(f"{address}/staff/check-in")
    expect(desk.get_by_label("Nummer vom Karton oder Begleitschein")).to_be_focused()
    for case in (first, second):
        desk.keyboard.type(case.number)
        desk.keyboard.press("Enter")
        expect(desk.locator(".card.found")).to_contain_text(numbers.group(case.number))
        expect(desk.get_by_role("button", name="Paket annehmen")).to_be_focused()
    assert Case.get_by_id(first.id).received_at is None
    desk.keyboard.press("Enter")  # one scan and one press
    expect(desk.locator(".flash")).to_contain_text(numbers.group(second.number))
    assert Case.get_by_id(second.id).received_at is not None
    assert Case.get_by_id(first.id).received_at is None


@pytest.mark.parametrize("javascript", [True], indirect=True)
def test_parts_packed_one_after_the_other_without_waiting_all_show_as_packed(
    business: Business, desk: Page, start_server: Callable, javascript: bool
):  # rule C5
    now = clock.now()
    sent = builders.a_sent_case(business.device, business.owner, now)
    case = builders.a_case_ready_to_return(sent, now=now, staff=business.staff)
    address = start_server().address
    sign_in(desk, address, business.staff)
    desk.goto(f"{address}/staff/cases/{case.number}/parcel")
    desk.evaluate(
        "[...document.querySelectorAll('form[action$=\"/pack\"] button')].forEach(one => one.click())"
    )
    expect(desk.locator("#parcel li.done")).to_have_count(4)
    expect(desk.get_by_role("button", name="Abgeschickt")).to_be_visible()
