"""What belongs to one person and their business, as plain data, for the copy of one's own data (P1, P3)."""

from typing import Any

from portal.models import (
    Account,
    Authenticator,
    Case,
    Consent,
    Customer,
    Device,
    History,
    Letter,
    Operator,
    Passkey,
    Salon,
    SignIn,
    SubstituteLink,
    own_cases,
)


def cases_of(account: Account) -> list[int]:
    """Return the ids of the cases that are the account's own, the oldest first; staff have none."""
    if account.customer_id is None:
        return []
    return [case.id for case in Case.visible_to(account).order_by(Case.id)]


def of(account: Account) -> dict[str, Any]:
    """Return what is kept of the person, and for an owner of the business."""
    told = {
        "operator": own_cases.chosen(Operator.current(), "company", "street", "postal_code", "city", "email"),
        "account": {
            **own_cases.chosen(account, "id", "name", "email", "role", "language", "created_at"),
            "has_password": bool(account.password_hash),
        },
        "sign_ins": [
            own_cases.chosen(row, "device", "address", "by", "created_at", "last_used_at", "ended_at")
            for row in SignIn.select().where(SignIn.account == account).order_by(SignIn.id)
        ],
        "passkeys": [
            own_cases.chosen(row, "name", "created_at", "last_used_at") for row in Passkey.of(account)
        ],
        "code_app_since": getattr(Authenticator.of(account), "confirmed_at", None),
        "own_deeds": [own_cases.chosen(row, "at", "what", "address") for row in _deeds(account)],
        "letters": [own_cases.letter(row) for row in _letters(account)],
        "consents": [own_cases.consent(row) for row in consents_of(account)],
    }
    return {**told, **_business(account, account.customer)} if account.customer else told


def _deeds(account: Account) -> Any:
    return History.select().where(History.account == account).order_by(History.id)


def _letters(account: Account) -> Any:
    return Letter.select().where(Letter.account == account, Letter.case.is_null()).order_by(Letter.id)


def consents_of(account: Account) -> Any:
    """Select what the person agreed to, with its case, the latest first (rule S7)."""
    mine = Consent.select(Consent, Case).left_outer_join(Case)
    return mine.where(Consent.account == account).order_by(Consent.id.desc())


def _business(account: Account, customer: Customer) -> dict[str, Any]:
    links = SubstituteLink.visible_to(account).where(SubstituteLink.case.is_null())
    return {
        "customer": own_cases.chosen(customer, "number", "name", "created_at"),
        "salons": [own_cases.salon(row) for row in Salon.of(customer)],
        "devices": [own_cases.device(row) for row in Device.of(customer)],
        "links_without_a_case": [own_cases.link(row) for row in links.order_by(SubstituteLink.id)],
    }
