"""The operator's record decides what pages say; without one the portal works, and says what is missing."""

import pytest

from portal.web import wordings
from tests import builders as build
from tests.clients import page_of

TEXTS = {"imprint_text": "Wir.", "privacy_text": "Wenig.", "accessibility_text": "Ja."}
MISSING = {
    "/imprint": "Im Impressum fehlen Pflichtangaben",
    "/privacy": "Der Text zum Datenschutz fehlt",
    "/accessibility": "Die Erklärung zur Barrierefreiheit fehlt",
}


@pytest.mark.parametrize("path", MISSING)
def test_an_empty_mandatory_text_is_told_to_staff_only(app, sign_in, path):  # rule "Operator"
    anybody, owner, staff = app.test_client(), app.test_client(), app.test_client()
    sign_in(owner, build.an_owner())
    sign_in(staff, build.a_staff_member())
    assert MISSING[path] in staff.page(path).text
    for client in (anybody, owner):
        assert MISSING[path] not in client.page(path).text


@pytest.mark.parametrize("field", ["person", "phone", "email", "imprint_text"])
def test_the_imprint_names_each_field_that_is_empty(app, client, sign_in, field):  # rule "Operator"
    full = {"phone": "+49 2202 12345", "email": "hilfe@portal.example", **TEXTS}
    build.an_operator(**{**full, field: ""})
    sign_in(client, build.a_staff_member())
    assert MISSING["/imprint"] in client.page("/imprint").text


def test_nothing_is_missing_once_all_is_there(client, sign_in):  # rule "Operator"
    build.an_operator(phone="+49 2202 12345", email="hilfe@portal.example", **TEXTS)
    sign_in(client, build.a_staff_member())
    for path, text in MISSING.items():
        assert text not in client.page(path).text


def test_without_a_record_the_portal_is_the_vendors(client, sign_in):  # rule C3
    case = build.a_case()
    sign_in(client, case.reporter)
    assert "JoeCash" in client.page("/").text
    assert "Hauptstraße 122" in client.page(f"/cases/{case.number}/parcel").text
    assert client.get(f"/cases/{case.number}/slip.pdf").status_code == 200


def test_without_an_amount_no_page_names_one(app, client, sign_in):  # rule P4
    case = build.a_waiting_case()
    sign_in(client, case.reporter)
    for path in ("/", "/help", "/report", "/cases", f"/cases/{case.number}", "/links/new"):
        assert "€" not in page_of(client.get(path)).text, path
    with app.test_request_context():
        for kind in wordings.WORDINGS:
            assert "€" not in wordings.text_of(kind, build.Operator.current()), kind
