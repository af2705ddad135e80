"""The three ways on which letters leave the house: by mail, to the till's back end, to webhooks (rule S4).

Each way says three things of a letter: it has left (and what is then to be written down), it never will
(LetterRefused), or nothing can leave this way now (PostAway). Anything else is tried again later.
All of them may send the same letter twice, after a crash: it then has the same id, by which the other
side knows it.
"""

from collections import deque
from datetime import datetime
from typing import Any, Protocol

from portal.actions import hooks as hook_deeds
from portal.actions import links, tills
from portal.actions.letters import Deed, Failure, LetterRefused, PostAway
from portal.config import Settings
from portal.models import Hook, Letter, SubstituteLink
from portal.models.letters import Channel
from portal.outside import clock, hooks, till
from portal.outside.hooks import HookRefused
from portal.outside.mailer import Mail, MailFailed, MailRefused, mailer_for
from portal.outside.till import TillAway, TillRefused
from portal.rules.keys import hook_secret
from portal.rules.links import LinkState, Provider, TillDeed
from portal.web import letters as written

REMEMBERED = 100  # letters that the mail server has taken, should the database not know it yet


class Way(Protocol):
    """One way out of the house."""

    channel: Channel

    def send(self, letter: Letter) -> Deed | None:
        """Deliver the letter and return what is to be written down; raises as the module says."""

    def failed(self, failure: Failure) -> None:
        """Write down what a failure means for others than the letter."""


def ways_of(settings: Settings) -> list[Way]:
    """Return all ways; what the back end confirms is told by mail, so mail comes after it."""
    return [Tills(settings), Mails(settings), Hooks(settings)]


class Trouble:
    """Is it the other side that is away, or this letter that breaks off every talk?

    Nobody can tell the first time. A letter over which the talk broke off two times in a row has
    trouble of its own, or the others would wait for it for ever.
    """

    def __init__(self) -> None:
        self._broke_off: int | None = None

    def is_away(self, letter: Letter, problem: MailFailed | TillAway) -> bool:
        """Tell whether no letter could be sent now."""
        again, self._broke_off = self._broke_off == letter.id, letter.id if problem.midway else None
        return problem.is_away and not (problem.midway and again)

    def is_over(self) -> None:
        """Note that the other side has answered."""
        self._broke_off = None


class Mails:
    """To the mail server, or into a folder where there is none."""

    channel = Channel.MAIL

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.mail_from
        self._mailer = mailer_for(settings.smtp, settings.mail_folder)
        self._trouble = Trouble()
        self._taken: deque[int] = deque(maxlen=REMEMBERED)

    def send(self, letter: Letter) -> None:
        """Give one letter to the mail server.

        What the server has taken is not sent again by this process, even if that could not be
        written down because the database went away in between.
        """
        if letter.id not in self._taken:
            self._give(letter)
            self._taken.append(letter.id)
        self._trouble.is_over()

    def _give(self, letter: Letter) -> None:
        mail = self._mail_of(letter)
        try:
            self._mailer.send(mail)
        except MailRefused as problem:
            raise LetterRefused(str(problem)) from problem
        except MailFailed as problem:
            if self._trouble.is_away(letter, problem):
                raise PostAway(str(problem)) from problem
            raise

    def _mail_of(self, letter: Letter) -> Mail:
        rendered = written.render(letter)
        return Mail(
            message_id=written.message_id(letter),
            sender=self._sender,
            recipient=letter.recipient,
            reply_to=rendered.reply_to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=letter.written_at,
            invitation=rendered.invitation,
        )

    def failed(self, failure: Failure) -> None:
        """Nothing: a mail that does not arrive changes nothing but itself."""


class Tills:
    """To the till's back end, and its answers back to the links (docs/link-provider.md)."""

    channel = Channel.TILL

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret
        self._back_end = till.provider_for(settings.till, settings.till_secret)
        self._trouble = Trouble()

    def send(self, letter: Letter) -> Deed | None:
        """Have one deed done; what the back end confirms is written back with the letter."""
        link = SubstituteLink.get_by_id(letter.context["link_id"])
        deed = TillDeed(letter.event)
        if deed is TillDeed.CREATE and link.state not in (LinkState.GRANTED, LinkState.ACTIVE):
            # Over before its till was made; an earlier try may have made one that nobody knows of.
            return lambda: tills.created_in_vain(link, now=clock.now())
        if self._back_end is None:
            raise PostAway("PORTAL_TILL is not set: there is no back end to ask")
        try:
            written_back = self._asked(self._back_end, deed, link, letter)
        except TillRefused as problem:
            raise LetterRefused(str(problem)) from problem
        except TillAway as problem:
            if self._trouble.is_away(letter, problem):
                raise PostAway(str(problem)) from problem
            raise
        self._trouble.is_over()
        return written_back

    def _asked(self, back_end: till.Http, deed: TillDeed, link: SubstituteLink, letter: Letter) -> Deed:
        key, at, name = letter.message_id, clock.now(), str(link.id)
        if deed is TillDeed.CREATE:
            made = back_end.create(name, **_order(letter), key=key, at=at)
            return lambda: self._created(SubstituteLink.get_by_id(link.id), made)
        ask = {
            TillDeed.LOCK: back_end.lock,
            TillDeed.UNLOCK: back_end.unlock,
            TillDeed.DELETE: back_end.delete,
        }
        ask[deed](name, key=key, at=at)
        return lambda: tills.done(link, deed, now=clock.now())

    def _created(self, link: SubstituteLink, made: till.Till) -> None:
        """Begin the link with its till; if nobody waits for it any more, have the till deleted."""
        now = clock.now()
        if link.state is LinkState.GRANTED:
            links.activate(link, made.address, secret=self._secret, by=None, now=now, till_id=made.id)
        elif link.provider is Provider.BY_HAND or link.state is not LinkState.ACTIVE:
            tills.created_in_vain(link, now=now, till_id=made.id, till_address=made.address)

    def failed(self, failure: Failure) -> None:
        """Say on the link what the trouble is: its first words, and the last ones when it is given up."""
        link = SubstituteLink.get_or_none(SubstituteLink.id == failure.letter.context.get("link_id"))
        deed = next((deed for deed in TillDeed if deed == failure.letter.event), None)
        if link is not None and deed and (failure.for_good or not link.till_problem):
            tills.refused(link, deed, failure.problem, now=clock.now())


def _order(letter: Letter) -> dict[str, Any]:
    """Return what the back end must know to make a till, as it was when the till was ordered."""
    asked = letter.context
    backup_at = datetime.fromisoformat(asked["backup_at"]) if asked["backup_at"] else None
    return {**{name: asked[name] for name in ("mode", "days", "device_serial")}, "backup_at": backup_at}


class Hooks:
    """To whoever asked for webhooks; each address has its own troubles, none is all of theirs."""

    channel = Channel.HOOK

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret
        self._allow_private = settings.demo

    def send(self, letter: Letter) -> None:
        """Post one webhook, signed with the secret of its address."""
        hook = Hook.get_or_none(Hook.id == letter.context["hook"])
        if hook is None or hook.ended_at is not None:
            raise LetterRefused("the webhook is switched off")
        try:
            hooks.post(
                hook.url,
                hook_secret(self._secret, hook.id, hook.generation),
                id=letter.message_id,
                at=clock.now(),
                body=letter.context["body"],
                allow_private=self._allow_private,
            )
        except HookRefused as problem:
            raise LetterRefused(str(problem)) from problem

    def failed(self, failure: Failure) -> None:
        """End the webhook once a letter to it was given up: who missed one change cannot trust the next."""
        hook = Hook.get_or_none(Hook.id == failure.letter.context.get("hook"))
        if failure.for_good and hook is not None:
            hook_deeds.end(hook, failure.problem, by=None, now=clock.now())
