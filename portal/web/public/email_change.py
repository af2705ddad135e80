"""The link in either mailbox that confirms a new e-mail address: a look changes nothing (rule P1)."""

from flask import Response, current_app, request

from portal.actions import email_changes
from portal.models import EmailChange
from portal.outside import clock
from portal.rules.signing_in import EMAIL_CHANGE, mark_of
from portal.web.fragments import page
from portal.web.public.pages import bp


@bp.route("/email/<token>", methods=["GET", "POST"])
def email_change(token: str) -> Response:
    """Show what would change, and confirm it or call it off by a button."""
    mark = mark_of(current_app.config["PORTAL"].secret, token[:200], EMAIL_CHANGE)
    if mark is None:
        return _shown(None, "")
    if request.method != "POST":
        return _shown(EmailChange.of_mark(mark), mark)
    try:
        if request.form.get("deed") == "call-off":
            email_changes.call_off(mark, now=clock.now())
            return _shown(EmailChange.of_mark(mark), mark, called_off=True)
        return _shown(email_changes.confirm(mark, now=clock.now()), mark)
    except email_changes.ChangeOver:
        return _shown(None, mark)


def _shown(change: EmailChange | None, mark: str, *, called_off: bool = False) -> Response:
    """Say how it stands: to be confirmed here, waiting for the other mailbox, done, called off, or over."""
    stand = "called_off" if called_off else _stand(change, mark)
    answer = page(
        "public/email_change.html",
        status=410 if stand == "over" else 200,
        stand=stand,
        change=change,
        is_new=change is not None and change.new_mark == mark,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _stand(change: EmailChange | None, mark: str) -> str:
    if change is None or not (change.is_done or change.is_open(clock.now())):
        return "over"
    if change.is_done:
        return "done"
    mine = change.new_confirmed_at if change.new_mark == mark else change.old_confirmed_at
    return "waits" if mine else "asks"
