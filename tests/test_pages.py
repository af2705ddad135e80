"""Does the look at every page find what it should?"""

import pytest

from tests.pages import Page

GOOD = """<!doctype html><html lang="de"><head><title>Ihr Vorgang</title>
<link rel="stylesheet" href="/static/p.css"><script src="/static/htmx.js"></script></head>
<body><h1>Ihr <em>Vorgang</em></h1>%s</body></html>"""


def test_a_good_page_has_no_fault():
    page = Page(
        GOOD % '<label for="a">A</label><input id="a" name="a"><a href="https://dhl.example/">DHL</a>'
    )
    assert page.faults == []
    assert page.headline == "Ihr Vorgang"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<h1>Zweite</h1>", "2 h1 instead of one"),
        ('<p id="a"></p><p id="a"></p>', "id 'a' stands 2 times"),
        ('<label for="gone">A</label>', "label for points to 'gone'"),
        ('<input aria-describedby="gone hint"><p id="hint"></p>', "aria-describedby points to 'gone'"),
        ('<p style="color:red"></p>', "inline style"),
        ("<style>p{}</style>", "inline style"),
        ("<script>alert(1)</script>", "inline <script>"),
        ('<button onclick="x()">X</button>', "inline handler onclick"),
        ('<button hx-on:click="x()">X</button>', "inline handler hx-on:click"),
        ('<a href="javascript:x()">X</a>', "script in href"),
        ('<img src="https://elsewhere.example/a.png" alt="">', "outside address"),
        ('<form action="//elsewhere.example/"></form>', "outside address"),
        ('<img src="/a.png">', "<img> without alt"),
    ],
)
def test_a_page_with_a_fault_is_caught(body, fault):
    assert any(fault in found for found in Page(GOOD % body).faults)


@pytest.mark.parametrize(
    ("taken", "fault"),
    [
        (' lang="de"', "<html> without lang"),
        ("<title>Ihr Vorgang</title>", "no <title>"),
        ("<h1>", "0 h1 instead of one"),
    ],
)
def test_a_page_that_lacks_something_is_caught(taken, fault):
    assert fault in Page((GOOD % "").replace(taken, "", 1)).faults


def test_a_fragment_needs_no_headline_but_is_looked_at():
    assert Page('<section id="progress">…</section>').faults == []
    assert Page('<section id="a"><p id="a" style="x"></p></section>').faults == [
        "inline style in <p>",
        "id 'a' stands 2 times",
    ]


def test_a_form_is_read_as_a_browser_would_send_it():
    page = Page("""<form method="post" action="/report">
        <input type="hidden" name="csrf_token" value="t"><input name="name" value="Ada">
        <input type="radio" name="yes" value="1"><input type="radio" name="yes" value="2" checked>
        <input type="checkbox" name="box"><textarea name="text">
zwei Zeilen</textarea><textarea name="none"></textarea>
        <select name="month"><option value="1">1<option value="2" selected>2</select>
        <input type="file" name="photo"><button name="go" value="back">Zurück</button></form>""")
    form = page.forms[0]
    assert form.method == "post"
    assert form.buttons == [("go", "back")]
    assert form.fields == [
        ("csrf_token", "t"),
        ("name", "Ada"),
        ("yes", "2"),
        ("text", "zwei Zeilen"),
        ("none", ""),
        ("month", "2"),
    ]
    assert "photo" in form.names
