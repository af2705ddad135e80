"""How was it?  The question on the closing page, and its own page from the letter (rule S3)."""

from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import feedback as deeds
from portal.actions.feedback import FeedbackMoved
from portal.models import Case, Feedback
from portal.outside import clock
from portal.rules.feedback import LONGEST, SCORES
from portal.rules.workflow import State, StepRefused
from portal.web.forms import Choice, Form, Line, Paragraphs
from portal.web.fragments import go_to, page
from portal.web.owner import bp, feedback_words
from portal.web.owner.cases import own
from portal.web.owner.steps import moved

OVER = _l(
    "Die Antwort hat inzwischen jemand geändert, oder die Zeit dafür ist vorbei. So steht sie jetzt da."
)


class Said(Form):
    """A score and words; `seen` is the mark of the answer that the form showed."""

    score = Choice(options=SCORES, message=_l("Bitte wählen Sie eine der fünf Antworten."))
    text = Paragraphs(longest=LONGEST)
    seen = Line(longest=16)


@bp.route("/cases/<number:number>/feedback", methods=["GET", "POST"])
def feedback(number: str) -> Response:
    """Ask how it was, keep the answer, change it."""
    case = own(number)
    if case.state is not State.COMMISSIONED:
        return moved(number)
    form = Said()
    if request.method != "POST":
        return _page(case)
    if not form.validate():
        typed = {"score": form.value("score"), "text": form.text.typed, "seen": form.seen.data}
        return _page(case, status=422, errors=form.mistakes, **typed)
    try:
        _give(case, form)
    except FeedbackMoved:
        return _page(case, status=409, notice=OVER, typed=form.text.data)
    except StepRefused:
        return moved(number, typed=form.text.data)
    flash(_("Danke. Wir lesen jede Antwort."))
    return go_to(url_for("owner.case", number=number))


def _give(case: Case, form: Said) -> Feedback:
    by = current_user._get_current_object()
    score, seen = int(form.score.data), form.seen.data
    return deeds.give(case, score, form.text.data, seen=seen, by=by, now=clock.now())


def _page(case: Case, *, status: int = 200, **changed: Any) -> Response:
    values = {
        "errors": {},
        "notice": "",
        "typed": "",
        **feedback_words.values_of(case, clock.now()),
        **changed,
    }
    return page("owner/feedback.html", status=status, case=case, **values)
