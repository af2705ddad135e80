"""Does the client look at pages, and send forms as a browser would?"""

import pytest
from flask import Flask, request

from tests.clients import PageClient

PAGE = '<!doctype html><html lang="de"><head><title>A</title></head><body><h1>A</h1>%s</body></html>'
FORMS = """<form method="post" action="/sign-out"></form><form method="post" action="">
<input type="hidden" name="csrf_token" value="t"><input name="name" value="alt">
<input type="checkbox" name="box" value="1" checked></form>"""


@pytest.fixture
def small_client():
    app = Flask("small")
    app.test_client_class = PageClient
    app.add_url_rule("/good", view_func=lambda: PAGE % FORMS, endpoint="good")
    app.add_url_rule("/bad", view_func=lambda: PAGE % '<p style="x">', endpoint="bad")
    app.add_url_rule(
        "/good", view_func=lambda: sorted(request.form.items()), endpoint="echo", methods=["POST"]
    )
    return app.test_client()


def test_a_page_that_is_not_well_made_fails_the_test(small_client):
    with pytest.raises(AssertionError, match="/bad: inline style"):
        small_client.get("/bad")
    assert small_client.page("/good").headline == "A"


def test_a_status_that_was_not_expected_fails_the_test(small_client):
    with pytest.raises(AssertionError, match="404"):
        small_client.page("/missing")


def test_a_form_is_sent_with_what_stands_in_it(small_client):
    answer = small_client.send(small_client.get("/good"), {"name": "neu"})
    assert answer.json == [["box", "1"], ["csrf_token", "t"], ["name", "neu"]]
    answer = small_client.send(small_client.get("/good"), {"box": None}, button=("go", "on"))
    assert answer.json == [["csrf_token", "t"], ["go", "on"], ["name", "alt"]]


def test_a_field_that_is_not_there_fails_the_test(small_client):
    with pytest.raises(AssertionError, match="no \\['mail'\\]"):
        small_client.send(small_client.get("/good"), {"mail": "a@salon.example"})
