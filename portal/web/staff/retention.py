"""How long is what kept, what is to be deleted next, and what is locked; for admins only (rule P3)."""

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import deletions
from portal.actions import retention as deeds
from portal.models import Account, Customer, Operator
from portal.models import register as look_up
from portal.outside import clock
from portal.rules import retention as rules
from portal.rules.retention import LEAST_YEARS, MOST_YEARS, YEARS, Kind
from portal.web import locked, retention_words
from portal.web.forms import Form, Paragraphs, Required
from portal.web.fragments import go_to, page
from portal.web.staff import admins, bp

SHOWN = 50  # locked businesses on one page


class ReasonForm(Form):
    """Why somebody looks into what is locked."""

    why = Paragraphs(longest=500, validators=[Required(_l("Bitte geben Sie den Grund an."))])


@bp.route("/retention", methods=["GET", "POST"])
def retention() -> Response:
    """Show the years of each kind, count what they would erase now, or set them."""
    if asked := admins.only():
        return asked
    present = rules.years(Operator.current().retention_years)
    if request.method != "POST":
        return _page({kind.value: str(number) for kind, number in present.items()})
    typed = {kind.value: request.form.get(kind, "").strip() for kind in Kind}
    years, wrong = _read(typed)
    if wrong:
        return _page(typed, errors=wrong)
    if request.form.get("do") != "save":
        return _page(typed, would_erase=deeds.preview(years, now=clock.now()))
    if years != present:
        deeds.set_years(years, by=_me(), now=clock.now())
    flash(_("Gespeichert. Es gilt ab sofort, auch für alte Vorgänge."), "good")
    return go_to(url_for("staff.retention"))


def _read(typed: dict[str, str]) -> tuple[dict[Kind, int], dict[str, str]]:
    years: dict[Kind, int] = {}
    wrong: dict[str, str] = {}
    for kind in Kind:
        text = typed[kind]
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        if rules.is_sane(number):
            years[kind] = number
        else:
            wrong[kind] = _("Bitte %(least)s bis %(most)s Jahre.", least=LEAST_YEARS, most=MOST_YEARS)
    return years, wrong


def _page(
    typed: dict[str, str], *, errors: dict[str, str] | None = None, would_erase: int | None = None
) -> Response:
    now = clock.now()
    present = rules.years(Operator.current().retention_years)
    businesses = list(Customer.locked().limit(SHOWN + 1))
    return page(
        "staff/retention.html",
        status=422 if errors else 200,
        kinds=[(kind, retention_words.KINDS[kind], retention_words.LAW[kind], YEARS[kind]) for kind in Kind],
        typed=typed,
        errors=errors or {},
        would_erase=would_erase,
        due=deeds.preview(present, now=now),
        stand=retention_words.stand(),
        waiting=list(deletions.waiting()),
        locked=businesses[:SHOWN],
        has_more=len(businesses) > SHOWN,
    )


@bp.route("/retention/customers/<id:customer>", methods=["GET", "POST"])
def locked_customer(customer: int) -> Response:
    """Ask for the reason, keep it, and show what is locked of a business for a quarter of an hour."""
    if asked := admins.only():
        return asked
    found = get_object_or_404(Customer.locked(), Customer.id == customer)
    form, me = ReasonForm(), _me()
    if request.method == "POST":
        if not form.validate():
            return _locked_page(found, form, 422, form.mistakes)
        deletions.look_into(found, form.why.data, by=me, now=clock.now())
        locked.open_for(me, found)
        return go_to(url_for("staff.locked_customer", customer=found.id))
    return _locked_page(found, form)


def _locked_page(
    found: Customer, form: ReasonForm, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    me = _me()
    is_open = me.reads_locked == found.id
    return page(
        "staff/locked_customer.html",
        status=status,
        customer=found,
        form=form,
        errors=errors or {},
        is_open=is_open,
        cases=look_up.all_cases(me, found) if is_open else [],
        minutes=int(locked.LASTS.total_seconds() // 60),
    )


def _me() -> Account:
    return current_user._get_current_object()
