"""Does the browser look at pages as it should?"""

import pytest

GOOD = """<!doctype html><html lang="de"><head><title>A</title></head>
<body><main><h1>A</h1>%s</main></body></html>"""


def test_axe_lets_a_good_page_pass(page, axe):
    page.set_content(GOOD % "<p>Gut.</p>")
    axe(page)


def test_axe_finds_a_field_without_a_label(page, axe):
    page.set_content(GOOD % "<input name='a'>")
    with pytest.raises(AssertionError, match="label"):
        axe(page)


def test_axe_works_under_a_strict_policy(page, axe):
    policy = "default-src 'none'; script-src 'self'; style-src 'self'"
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=GOOD % "<input name='a'>",
            content_type="text/html",
            headers={"Content-Security-Policy": policy},
        ),
    )
    page.goto("http://portal.example/")
    with pytest.raises(AssertionError, match="label"):
        axe(page)


def test_a_phone_is_narrow_and_runs_scripts_or_not(phone, javascript):
    phone.set_content("<noscript>ohne</noscript>")
    assert phone.viewport_size == {"width": 360, "height": 740}
    assert phone.get_by_text("ohne").count() == (0 if javascript else 1)


def test_what_the_page_complains_about_is_heard(page, complaints):
    heard = complaints(page.context)
    page.set_content("<script>console.error('kaputt')</script>")
    assert heard == ["kaputt"]
