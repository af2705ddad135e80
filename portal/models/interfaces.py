"""What other machines ask about, and how the talk with them goes: links, devices, letters to machines."""

from datetime import datetime

from portal.models.cases import Case
from portal.models.devices import Device
from portal.models.hooks import Hook
from portal.models.letters import LONG_AGO, Channel, Letter
from portal.models.links import SubstituteLink
from portal.rules.links import LinkState


def link(link_id: int) -> SubstituteLink | None:
    """Return a link with its device and its case; a key belongs to no customer and sees all of them."""
    return _links().where(SubstituteLink.id == link_id).first()


def links_after(after: int, *, state: LinkState | None, limit: int, now: datetime):
    """Select the links behind one, in the order in which they were asked for; `state` judged by `now`.

    Active past its end is ended, whether or not anybody has written that down yet (rule L9).
    """
    found = _links().where(SubstituteLink.id > after)
    if state is not None:
        found = found.where(_stands(state, now))
    return found.order_by(SubstituteLink.id).limit(limit)


def _links():
    return (
        SubstituteLink.select(SubstituteLink, Device, Case)
        .join(Device)
        .switch(SubstituteLink)
        .left_outer_join(Case, on=(SubstituteLink.case == Case.id))
    )


def _stands(state: LinkState, now: datetime):
    is_active = SubstituteLink.state == LinkState.ACTIVE
    if state is LinkState.ACTIVE:
        return is_active & (SubstituteLink.ends_at > now)
    if state is LinkState.ENDED:
        return (SubstituteLink.state == state) | (is_active & (SubstituteLink.ends_at <= now))
    return SubstituteLink.state == state


def device(serial: str) -> Device | None:
    """Return the device with exactly this serial number; None if nobody can have one like it."""
    if not serial.isprintable():  # PostgreSQL refuses to look for a NUL
        return None
    return Device.get_or_none(Device.serial == serial)


def hooks():
    """Select all addresses that hear or heard of changes: those in use first, then the newest first."""
    return Hook.select().order_by(Hook.ended_at.is_null(False), Hook.id.desc())


def last_sent(channel: Channel, lane: str | None = None) -> Letter | None:
    """Return the letter that a machine took last; of one lane, if it is named."""
    return _latest(channel, lane).where(Letter.sent_at.is_null(False)).first()


def last_failed(channel: Channel, lane: str | None = None) -> Letter | None:
    """Return the latest letter that a machine has not taken yet, or never will."""
    return _latest(channel, lane).where(Letter.sent_at.is_null(), Letter.last_error != "").first()


def in_the_way(lane: str) -> Letter | None:
    """Return the latest letter of a lane that waits or was given up."""
    is_left = (Letter.due_at > LONG_AGO) | (Letter.gave_up_at > LONG_AGO)
    return Letter.select().where(Letter.lane == lane, is_left).order_by(Letter.id.desc()).first()


def latest(channel: Channel, lane: str, *, limit: int = 20):
    """Select the newest letters of a lane, whatever became of them."""
    return _latest(channel, lane).limit(limit)


def _latest(channel: Channel, lane: str | None):
    which = (Letter.channel == channel) if lane is None else (Letter.lane == lane)
    return Letter.select().where(which).order_by(Letter.id.desc())


def count_waiting(lane: str) -> int:
    """Count the letters of a lane that are still to be sent."""
    return Letter.select().where(Letter.lane == lane, Letter.due_at > LONG_AGO).count()
