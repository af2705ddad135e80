"""One's own passkeys: make one, name it, remove it; show one as second factor or as proof (rule P1)."""

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import accounts, passkeys
from portal.actions.passkeys import PasskeyRefused
from portal.actions.second_factor import FactorThere, LastFactor
from portal.models import Account, Passkey
from portal.models.second_factor import has_any
from portal.outside import clock
from portal.rules.passkeys import LONGEST_NAME, Purpose
from portal.web import account as own
from portal.web import confirm, devices
from portal.web import passkey_asking as asking
from portal.web import second_factor as factor
from portal.web.access import half_signed_in, please_sign_in, safe_next
from portal.web.forms import Form, Line, Required, clean
from portal.web.fragments import page
from portal.web.public import signing

AGAIN = _l("Bitte laden Sie die Seite neu. Wir fragen dann noch einmal, ob Sie es sind.")


class NameForm(Form):
    """What a passkey is called."""

    name = Line(longest=LONGEST_NAME, validators=[Required(_l("Bitte geben Sie dem Passkey einen Namen."))])


# Make one: on the page of one's account, or as the first second factor of staff on their way in.


@own.bp.post("/account/passkeys/new/ask")
def ask_new() -> Response:
    """Ask the browser to make a passkey for who is signed in."""
    return asking.unasked(AGAIN, 403) if confirm.needed() else _ask_new(_me())


@own.bp.route("/account/passkeys/new", methods=["GET", "POST"])
def new_passkey() -> Response:
    """Keep the passkey that was made."""
    if asked := confirm.needed():
        return asked
    if request.method != "POST":
        return page("account/passkey_new.html", guess=_guess(), longest=LONGEST_NAME)
    try:
        _register(_me())
    except PasskeyRefused as problem:
        asking.say_why(problem)
        return redirect(url_for("account.new_passkey"), code=303)
    flash(_("Der Passkey ist angelegt. Damit melden Sie sich künftig ohne Passwort an."))
    return redirect(url_for("account.account"), code=303)


@factor.bp.post("/set-up/passkey/ask")
def passkey_first_ask() -> Response:
    """Ask the browser to make the first second factor of staff who have none."""
    me = half_signed_in()
    return _ask_new(me) if me and not has_any(me) else asking.unasked(AGAIN, 403)


@factor.bp.post("/set-up/passkey")
def passkey_first() -> Response:
    """Take the first second factor into use, and lead to codes for the day on which it is lost."""
    me = half_signed_in()
    if me is None:
        return redirect(url_for("account.new_passkey"), code=303)
    try:
        _register(me)
    except PasskeyRefused as problem:
        asking.say_why(problem)
        return redirect(url_for("factor.set_up", next=_next()), code=303)
    except FactorThere:
        return redirect(url_for("factor.code", next=_next()), code=303)
    signing.start_session(me, accounts.renew(me.signed_in))
    flash(
        _("Der Passkey ist angelegt. Lassen Sie sich jetzt noch Notfallcodes geben, falls er verloren geht.")
    )
    return redirect(url_for("factor.new_codes"), code=303)


def _ask_new(account: Account) -> Response:
    try:
        question = passkeys.ask_new(asking.site(), account, secret=_secret(), now=clock.now())
    except PasskeyRefused as problem:
        return asking.unasked(asking.SAID[problem.doubt], 409)
    return asking.give(question, Purpose.REGISTER)


def _register(account: Account) -> Passkey:
    return passkeys.register(
        asking.site(),
        account,
        asking.answer(),
        challenge=asking.asked(Purpose.REGISTER),
        name=" ".join(clean(request.form.get("name", "")).split()) or _guess(),
        signed_in=account.signed_in,
        secret=_secret(),
        now=clock.now(),
    )


def _guess() -> str:
    return devices.named(request.user_agent.string) or _("Passkey")


# Show one: as second factor after the password, or before a dangerous deed.


@factor.bp.post("/passkey/ask")
def passkey_ask() -> Response:
    """Ask for one of the passkeys of who has shown the first factor."""
    me = half_signed_in()
    return _ask(me) if me else asking.unasked(AGAIN, 403)


@factor.bp.post("/passkey")
def passkey() -> Response:
    """Take a passkey as second factor, and open the portal."""
    me = half_signed_in()
    if me is None:
        return please_sign_in()
    try:
        _prove(me)
    except PasskeyRefused as problem:
        asking.say_why(problem)
        return redirect(url_for("factor.code", next=_next()), code=303)
    return factor.come_in(me)


@confirm.bp.post("/account/confirm/passkey/ask")
def passkey_ask_again() -> Response:
    """Ask for one of the passkeys of who is signed in."""
    return _ask(_me())


@confirm.bp.post("/account/confirm/passkey")
def passkey_again() -> Response:
    """Take a passkey as proof that it is still the same person, and lead back to the form."""
    try:
        _prove(_me())
    except PasskeyRefused as problem:
        asking.say_why(problem)
        return redirect(url_for("confirm.ask", next=_next()), code=303)
    return confirm.proved()


def _ask(account: Account) -> Response:
    try:
        question = passkeys.ask(asking.site(), account, now=clock.now())
    except PasskeyRefused as problem:
        return asking.unasked(asking.SAID[problem.doubt], 409)
    return asking.give(question, Purpose.PROVE)


def _prove(account: Account) -> None:
    passkeys.prove(
        asking.site(),
        account,
        asking.answer(),
        challenge=asking.asked(Purpose.PROVE),
        signed_in=account.signed_in,
        now=clock.now(),
    )


# Keep them: a name, and away with one.


@own.bp.route("/account/passkeys/<id:key>", methods=["GET", "POST"])
def passkey_name(key: int) -> Response:
    """Call one's passkey something else."""
    found, form = _mine(key), NameForm()
    if request.method != "POST":
        return page("account/passkey_name.html", key=found, name=found.name, errors={})
    if not form.validate():
        values = {"name": form.value("name"), "errors": form.mistakes}
        return page("account/passkey_name.html", status=422, key=found, **values)
    passkeys.rename(found, form.name.data, by=_me(), now=clock.now())
    flash(_("Der Name ist gespeichert."))
    return redirect(url_for("account.account"), code=303)


@own.bp.route("/account/passkeys/<id:key>/remove", methods=["GET", "POST"])
def passkey_remove(key: int) -> Response:
    """Remove one's passkey, after a page that says what follows."""
    found = _mine(key)
    if asked := confirm.needed():
        return asked
    if request.method != "POST":
        return page("account/passkey_remove.html", key=found)
    try:
        passkeys.remove(found, by=_me(), now=clock.now())
    except LastFactor:
        flash(_("Das ist Ihr einziger zweiter Schritt. Richten Sie erst einen anderen ein."), "stop")
    else:
        flash(_("Der Passkey ist entfernt. Löschen Sie ihn auch auf dem Gerät."))
    return redirect(url_for("account.account"), code=303)


def _mine(key: int) -> Passkey:
    return get_object_or_404(Passkey.of(_me()), Passkey.id == key)


def _next() -> str | None:
    return safe_next(request.values.get("next"))


def _secret() -> str:
    return current_app.config["PORTAL"].secret


def _me() -> Account:
    return current_user._get_current_object()
