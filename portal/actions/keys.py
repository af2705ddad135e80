"""Make, use and revoke the keys with which the till's back end calls the API."""

from collections.abc import Iterable
from datetime import datetime
from secrets import token_urlsafe

from portal.actions import history
from portal.models import Account, ApiKey
from portal.models.base import transaction
from portal.rules import keys as rules
from portal.rules.keys import Scope
from portal.rules.workflow import Role, StepRefused


class KeyUnfit(ValueError):
    """A key without a name, or without anything it may do."""


class NameTaken(ValueError):
    """Another key in use has this name: the history could not tell them apart."""


def make(name: str, scopes: Iterable[Scope], *, by: Account, now: datetime) -> tuple[ApiKey, str]:
    """Make a key; return its row and the key itself, which nobody can show again.

    Raises KeyUnfit, NameTaken, and StepRefused for anybody but an admin.
    """
    only_admins("make_key", by)
    name, chosen = name.strip(), sorted(set(map(Scope, scopes)))
    if not name or len(name) > ApiKey.name.max_length or not chosen:
        raise KeyUnfit(name)
    secret = rules.PREFIX + token_urlsafe(32)
    with transaction():
        if ApiKey.in_use().where(ApiKey.name == name).exists():
            raise NameTaken(name)
        key = ApiKey.create(
            name=name,
            prefix=secret[: rules.SHOWN],
            key_hash=rules.key_hash(secret),
            scopes=chosen,
            created_at=now,
            created_by=by,
        )
        history.record(None, "make_key", by=by, at=now, api_key=name, key_id=key.id, scopes=chosen)
    return key, secret


def revoke(key: ApiKey, *, by: Account, now: datetime) -> ApiKey:
    """Make a key worthless, for good; doing it twice changes nothing. StepRefused for all but admins."""
    only_admins("revoke_key", by)
    unrevoked = (ApiKey.id == key.id) & ApiKey.revoked_at.is_null()
    with transaction():
        if ApiKey.update(revoked_at=now, revoked_by=by).where(unrevoked).execute():
            history.record(None, "revoke_key", by=by, at=now, api_key=key.name, key_id=key.id)
    return ApiKey.get_by_id(key.id)


def open_with(secret: str, *, now: datetime) -> ApiKey | None:
    """Return the key that this is, unless it is none or was revoked; its use is noted once a minute.

    Whatever is given costs one hash and one indexed question: its time tells nothing about other keys.
    """
    key = ApiKey.in_use().where(ApiKey.key_hash == rules.key_hash(secret)).first()
    if key is not None and not rules.use_is_noted(key.last_used_at, now):
        ApiKey.update(last_used_at=now).where(ApiKey.id == key.id).execute()
    return key


def only_admins(deed: str, by: Account) -> None:
    """Refuse a deed to everybody but admins (rule P1)."""
    if by.role != Role.ADMIN:
        raise StepRefused(deed, "", by.role)
