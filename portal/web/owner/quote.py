"""The owner reads a quote and answers it: a deliberate yes or no, never silence (rules W3, P4, S3, S7).

Reading changes nothing. The answer is a second step that shows the exact text, and a POST.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, abort, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.actions import quotes as deeds
from portal.actions.cases import CaseMoved
from portal.actions.quotes import QuoteAnswered
from portal.models import Case, Quote
from portal.outside import clock
from portal.rules.quotes import QuoteState
from portal.rules.report import ConsentKind
from portal.rules.workflow import StepRefused
from portal.web import labels, quote_wordings
from portal.web.forms import Accept, Form, Line, Paragraphs
from portal.web.fragments import go_to, page
from portal.web.owner import bp
from portal.web.owner.cases import own

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Answer:
    """One of the two answers: what is accepted with it, and where it leads."""

    kind: ConsentKind
    state: QuoteState
    deed: Callable[..., Quote]
    done: Any


ANSWERS: Mapping[str, Answer] = {
    "accept": Answer(
        ConsentKind.QUOTE_ACCEPTED,
        QuoteState.ACCEPTED,
        deeds.accept,
        _l("Danke. Der Kostenvoranschlag ist angenommen."),
    ),
    "decline": Answer(
        ConsentKind.QUOTE_DECLINED,
        QuoteState.DECLINED,
        deeds.decline,
        _l("Der Kostenvoranschlag ist abgelehnt. Wir schicken Ihnen den Kassenserver zurück."),
    ),
}


class AnswerForm(Form):
    """The tick at the exact text, and why not; `language` is the one the text was shown in (S7)."""

    language = Line(longest=10)
    reason = Paragraphs(longest=LONGEST_REASON)
    agreed = Accept()


@bp.get("/cases/<number:number>/quote")
def quote(number: str) -> Response:
    """Show the newest quote: what it comes to, until when it holds, and what yes, no and silence lead to."""
    case = own(number)
    return _show(case, Quote.last_sent(case) or abort(404))


def _show(case: Case, newest: Quote, *, status: int = 200, notice: Any = "", typed: str = "") -> Response:
    now = clock.now()
    return page(
        "owner/quote.html",
        status=status,
        case=case,
        quote=newest,
        said=said_by(newest.frozen),
        is_open=newest.is_open(now),
        is_lapsed=newest.is_lapsed(now),
        notice=notice,
        typed=typed,
    )


def said_by(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a quote says with its days and moments as such; page, preview and sheet show this."""
    terms_on = frozen["terms_on"]
    return {
        **frozen,
        "sent_on": date.fromisoformat(frozen["sent_on"]),
        "valid_until": datetime.fromisoformat(frozen["valid_until"]),
        "terms_on": date.fromisoformat(terms_on) if terms_on else None,
    }


@bp.route("/cases/<number:number>/quote/<id:which>/<any(accept, decline):answer>", methods=["GET", "POST"])
def answer_quote(number: str, which: int, answer: str) -> Response:
    """Ask once more with the exact text, then give the answer; the first one counts (rules P4, S3, S7)."""
    case, given = own(number), ANSWERS[answer]
    asked = Quote.of_number(case, which) or abort(404)
    form = AnswerForm()
    form.agreed.message = quote_wordings.WORDINGS[given.kind].reminder
    if request.method != "POST":
        return _ask(case, asked, answer, form) if asked.is_open(clock.now()) else _too_late(case)
    if asked.is_open(clock.now()):
        is_other_text = form.language.data != str(get_locale())
        if not form.validate() or is_other_text:
            return _ask(case, asked, answer, form, status=422, is_other_text=is_other_text)
    return _give(case, asked, given, form.reason.data)


def _ask(
    case: Case, asked: Quote, answer: str, form: AnswerForm, status: int = 200, is_other_text: bool = False
) -> Response:
    errors = form.mistakes if status == 422 else {}
    if is_other_text:
        errors = {
            "agreed": _("Der Text steht jetzt in einer anderen Sprache da. Bitte lesen Sie ihn noch einmal.")
        }
    return page(
        "owner/quote_answer.html",
        status=status,
        case=case,
        quote=asked,
        said=said_by(asked.frozen),
        is_yes=answer == "accept",
        text=quote_wordings.text_of(ANSWERS[answer].kind, asked),
        form=form,
        errors=errors,
        language=str(get_locale()),
        longest=LONGEST_REASON,
    )


def _give(case: Case, asked: Quote, given: Answer, reason: str) -> Response:
    """Give the answer; the same one a second time is once, another one is refused (rule S3)."""
    now = clock.now()
    doing: dict[str, Any] = {"by": current_user._get_current_object(), "now": now}
    if given.state is QuoteState.DECLINED:
        doing["why"] = reason
    try:
        given.deed(asked, quote_wordings.accept(given.kind, asked, now), **doing)
    except QuoteAnswered as told:
        if told.quote.state is not given.state or not _is_newest(case, told.quote):
            return _too_late(case, reason)
    except (CaseMoved, StepRefused):
        return _too_late(case, reason)
    flash(str(given.done), "good")
    return go_to(url_for("owner.case", number=case.number))


def _is_newest(case: Case, quote: Quote) -> bool:
    newest = Quote.last_sent(case)
    return newest is not None and newest.id == quote.id


def _too_late(case: Case, typed: str = "") -> Response:
    """Show the newest quote as it stands; say why an answer was not given, but not to a look (rule S3)."""
    newest, now = Quote.last_sent(case) or abort(404), clock.now()
    notice = _why_not(newest, now) if request.method == "POST" or newest.is_open(now) else ""
    return _show(own(case.number), newest, status=409, notice=notice, typed=typed)


def _why_not(newest: Quote, now: datetime) -> str:
    if newest.is_open(now):
        return _("Das war ein früherer Kostenvoranschlag. Es gilt der neue, den Sie hier sehen.")
    if newest.is_lapsed(now):
        until = labels.day(newest.valid_until)
        return _("Der Kostenvoranschlag galt bis %(day)s. Ihre Antwort kam danach an.", day=until)
    if newest.state is QuoteState.ACCEPTED:
        return _("Der Kostenvoranschlag wurde schon angenommen. Ihre Eingabe wurde nicht ausgeführt.")
    return _("Der Kostenvoranschlag wurde schon abgelehnt. Ihre Eingabe wurde nicht ausgeführt.")
