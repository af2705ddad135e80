"""How other machines are connected: keys, webhooks, the tills' back end; for admins only (rule P1)."""

from flask import Response, current_app, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from playhouse.flask_utils import get_object_or_404

from portal.actions import hooks as hook_deeds
from portal.actions import keys as key_deeds
from portal.actions.keys import NameTaken
from portal.models import Account, ApiKey, Hook, Letter, interfaces
from portal.models.letters import Channel
from portal.outside import clock
from portal.rules.keys import Scope, hook_secret
from portal.web import labels
from portal.web.fragments import go_to, page
from portal.web.staff import admins, bp
from portal.web.staff.interfaces_forms import SCOPES, TOPICS, HookForm, KeyForm


@bp.get("/interfaces")
def interfaces_page() -> Response:
    """Show keys, webhooks and the tills' back end."""
    if asked := admins.only():
        return asked
    settings = _settings()
    return page(
        "staff/interfaces.html",
        keys=list(ApiKey.all_of_them()),
        hooks=list(interfaces.hooks()),
        scopes=SCOPES,
        topics=TOPICS,
        till=settings.till,
        till_taken=interfaces.last_sent(Channel.TILL) if settings.till else None,
        till_failed=interfaces.last_failed(Channel.TILL) if settings.till else None,
        deeds=labels.TILL_DEEDS,
    )


@bp.route("/interfaces/keys/new", methods=["GET", "POST"])
def interfaces_new_key() -> Response:
    """Make a key and show it, here and never again: it is in no address, no cookie and no row."""
    if asked := admins.only():
        return asked
    form = KeyForm()
    if not form.is_submitted():
        return _key_page(form)
    if not form.validate():
        return _key_page(form, 422)
    try:
        key, secret = key_deeds.make(
            form.name.data, map(Scope, form.scopes.data), by=_me(), now=clock.now()
        )  # fmt: skip
    except NameTaken:  # also when the page is sent again: there is no second key by accident
        form.name.errors = [_l("Es gibt schon einen Schlüssel mit diesem Namen.")]
        return _key_page(form, 422)
    return page("staff/interfaces_key.html", key=key, secret=secret, scopes=SCOPES)


def _key_page(form: KeyForm, status: int = 200) -> Response:
    return page(
        "staff/interfaces_new_key.html", status=status, form=form, errors=form.mistakes, scopes=SCOPES
    )


@bp.post("/interfaces/keys/<id:key>/revoke")
def interfaces_revoke_key(key: int) -> Response:
    """Make a key worthless."""
    if asked := admins.only():
        return asked
    revoked = key_deeds.revoke(get_object_or_404(ApiKey, ApiKey.id == key), by=_me(), now=clock.now())
    flash(_("Der Schlüssel „%(name)s“ gilt nicht mehr.", name=revoked.name), "good")
    return go_to(url_for("staff.interfaces_page"))


@bp.route("/interfaces/hooks/new", methods=["GET", "POST"])
def interfaces_new_hook() -> Response:
    """Tell one more address of changes."""
    if asked := admins.only():
        return asked
    form = HookForm()
    if not form.is_submitted() or not form.fits(must_be_https=not _settings().demo):
        status = 422 if form.is_submitted() else 200
        shown = {"form": form, "errors": form.mistakes, "topics": TOPICS}
        return page("staff/interfaces_new_hook.html", status=status, **shown)
    hook = hook_deeds.make(form.url.data, form.topics.data, by=_me(), now=clock.now())
    flash(_("Der Webhook ist eingerichtet."), "good")
    return go_to(url_for("staff.interfaces_hook", hook=hook.id))


@bp.get("/interfaces/hooks/<id:hook>")
def interfaces_hook(hook: int) -> Response:
    """Show one webhook and what became of the latest messages."""
    if asked := admins.only():
        return asked
    return _hook_page(_hook(hook))


def _hook_page(hook: Hook, secret: str = "") -> Response:
    lane = hook_deeds.lane_of(hook)
    return page(
        "staff/interfaces_hook.html",
        hook=hook,
        secret=secret,
        topics=TOPICS,
        letters=list(interfaces.latest(Channel.HOOK, lane)),
        waiting=interfaces.count_waiting(lane),
    )


@bp.post("/interfaces/hooks/<id:hook>/secret")
def interfaces_hook_secret(hook: int) -> Response:
    """Show the secret to whoever asks for it on purpose; who did is history."""
    if asked := admins.only():
        return asked
    found = _hook(hook)
    hook_deeds.note_secret_shown(found, by=_me(), now=clock.now())
    return _hook_page(found, hook_secret(current_app.config["SECRET_KEY"], found.id, found.generation))


@bp.post("/interfaces/hooks/<id:hook>/renew")
def interfaces_renew_hook(hook: int) -> Response:
    """Give the webhook a new secret."""
    if asked := admins.only():
        return asked
    hook_deeds.renew_secret(_hook(hook), by=_me(), now=clock.now())
    flash(_("Ab jetzt gilt ein neues Geheimnis. Das alte ist wertlos."), "good")
    return go_to(url_for("staff.interfaces_hook", hook=hook))


@bp.post("/interfaces/hooks/<id:hook>/test")
def interfaces_test_hook(hook: int) -> Response:
    """Send a message that says nothing but that messages arrive."""
    if asked := admins.only():
        return asked
    found = _hook(hook)
    if found.ended_at is not None:
        return _is_off(found)
    hook_deeds.send_test(found, by=_me(), now=clock.now())
    flash(_("Die Testnachricht ist unterwegs. Laden Sie die Seite gleich neu."), "good")
    return go_to(url_for("staff.interfaces_hook", hook=hook))


@bp.post("/interfaces/hooks/<id:hook>/end")
def interfaces_end_hook(hook: int) -> Response:
    """Send nothing there any more."""
    if asked := admins.only():
        return asked
    hook_deeds.end(_hook(hook), by=_me(), now=clock.now())
    flash(_("Der Webhook ist abgeschaltet. Was noch wartete, geht nicht mehr hinaus."), "good")
    return go_to(url_for("staff.interfaces_hook", hook=hook))


@bp.post("/interfaces/hooks/<id:hook>/letters/<id:letter>/again")
def interfaces_hook_again(hook: int, letter: int) -> Response:
    """Put a message that was given up back into the outbox."""
    if asked := admins.only():
        return asked
    found = _hook(hook)
    given_up = get_object_or_404(Letter, Letter.id == letter, Letter.lane == hook_deeds.lane_of(found))
    if found.was_ended_by_people:
        return _is_off(found)
    if hook_deeds.try_again(found, given_up, by=_me(), now=clock.now()):
        flash(_("Die Nachricht wird noch einmal geschickt."), "good")
    else:
        flash(_("Diese Nachricht geht nicht noch einmal hinaus: Spätere sind schon angekommen."), "stop")
    return go_to(url_for("staff.interfaces_hook", hook=hook))


def _is_off(hook: Hook) -> Response:
    flash(_("Dieser Webhook ist abgeschaltet. Dorthin geht nichts mehr."), "stop")
    answer = _hook_page(hook)
    answer.status_code = 409
    return answer


def _hook(hook: int) -> Hook:
    return get_object_or_404(Hook, Hook.id == hook)


def _settings():
    return current_app.config["PORTAL"]


def _me() -> Account:
    return current_user._get_current_object()
