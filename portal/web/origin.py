"""From where does the present request come?  What it does is written down with that address (rule S)."""

from flask import Flask, request

from portal.actions import history


def init_app(app: Flask) -> None:
    """Name the address before anything is done, and forget it afterwards: threads serve many people."""

    @app.before_request
    def name_origin() -> None:
        history.origin.set(request.remote_addr or "")

    @app.teardown_request
    def forget_origin(_error: BaseException | None) -> None:
        history.origin.set("")
