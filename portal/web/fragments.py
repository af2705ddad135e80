"""One page, and parts of it for htmx: a fragment is a named block of its own page."""

from typing import Any

from flask import Response, current_app, make_response, redirect, render_template, request


def is_htmx() -> bool:
    """Tell whether htmx asks and will put the answer into the page it shows."""
    return request.headers.get("HX-Request") == "true"


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a whole page."""
    answer = make_response(render_template(template, **values), status)
    answer.vary.add("HX-Request")
    return answer


def block(template: str, name: str, *, status: int = 200, **values: Any) -> Response:
    """Render one block of a page's template; it must rely on nothing set outside the block."""
    current_app.update_template_context(values)
    found = current_app.jinja_env.get_template(template)
    made = found.new_context(values)
    answer = make_response("".join(found.blocks[name](made)), status)
    answer.vary.add("HX-Request")
    return answer


def go_to(address: str) -> Response:
    """Send the browser on after a deed; htmx is told to load the page instead of swapping it in."""
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def over_the_page(answer: Response) -> Response:
    """Have htmx put this whole page in the place of what is shown, whatever part of it was to be swapped.

    Its status is then 409: of 400 and 401 htmx shows nothing, which is right for what a poll is told.
    """
    answer.status_code = 409
    answer.headers["HX-Retarget"] = "body"
    answer.headers["HX-Reswap"] = "outerHTML show:top"
    return answer


def unchanged(tag: str) -> bool:
    """Tell whether the asker has this state already: answer 304 then, it costs nothing."""
    return request.if_none_match.contains(tag)
