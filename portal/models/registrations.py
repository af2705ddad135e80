"""Who wants to come in for the first time, and who wants another e-mail address."""

from datetime import datetime
from enum import StrEnum

from peewee import JOIN, SQL, CharField, ForeignKeyField, TextField, fn
from playhouse.fields import EnumField

from portal.models.accounts import Account, SignIn
from portal.models.base import BaseModel, InstantField
from portal.models.customers import Customer
from portal.models.history import History
from portal.models.signing_in import LONGEST_TARGET


class Verdict(StrEnum):
    """What became of a registration: it matched by itself, or staff said yes or no.

    An invitation by a colleague is one too; it began with the yes.
    """

    INVITED = "invited"
    MATCHED = "matched"
    APPROVED = "approved"
    REFUSED = "refused"


def has_come_in():
    """Return the condition that an account's person was here, or has set a password.

    Sessions are forgotten in time (P3); that somebody signed in stays told. A person's deeds are few beside
    all sign-ins: `what` must not choose the index.
    """
    sessions = SignIn.select(SignIn.id).where(SignIn.account == Account.id)
    is_told = fn.COALESCE(History.what, "") == "sign_in"
    deeds = History.select(History.id).where(History.account == Account.id, is_told)
    return Account.password_hash.is_null(False) | fn.EXISTS(sessions) | fn.EXISTS(deeds)


class Registration(BaseModel):
    """An owner who registers with customer number and e-mail address.

    Whether they match is looked up by the worker, so that the answer says and takes the same for all.
    What does not match waits for staff: `verdict` is NULL.
    """

    email = CharField(max_length=254, index=True)
    name = CharField(max_length=120)
    customer_number = CharField(max_length=20, default="")
    business = CharField(max_length=120, default="")
    phone = CharField(max_length=20, default="")
    language = CharField(max_length=5, default="de")
    asked_at = InstantField()
    address = CharField(max_length=45, default="")
    looks_up_since = InstantField(null=True, index=True)  # NULL once the worker has looked it up
    verdict = EnumField(Verdict, max_length=10, null=True)
    decided_at = InstantField(null=True)
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    customer = ForeignKeyField(Customer, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    why = TextField(default="")
    target = CharField(max_length=LONGEST_TARGET, default="", constraints=[SQL("DEFAULT ''")])

    @classmethod
    def waiting(cls):
        """Select what staff must decide, the oldest first."""
        return (
            cls.select()
            .where(cls.verdict.is_null(), cls.looks_up_since.is_null())
            .order_by(cls.asked_at, cls.id)
        )

    @classmethod
    def for_staff(cls):
        """Select what staff may look at: what the worker has looked up, decided or not."""
        return cls.select().where(
            cls.looks_up_since.is_null(), cls.verdict.is_null() | (cls.verdict != Verdict.INVITED)
        )

    @classmethod
    def same_waiting(cls, asked: "Registration"):
        """Select what waits with the same address and the same customer number: it was sent twice."""
        return cls.waiting().where(
            cls.email == asked.email, cls.customer_number == asked.customer_number, cls.id != asked.id
        )

    @classmethod
    def invited(cls, customer: Customer):
        """Select the colleagues who were invited and have not come in, the oldest first.

        One whose address has an account elsewhere looks like one who has not answered (rule P1).
        """
        is_unanswered = Account.closed_at.is_null() & ~has_come_in()
        return (
            cls.select(cls, Account)
            .join(Account, JOIN.LEFT_OUTER, on=(cls.account == Account.id))
            .where(cls.customer == customer, cls.verdict == Verdict.INVITED)
            .where(cls.account.is_null() | is_unanswered)
            .order_by(cls.id)
        )

    @classmethod
    def people_in(cls, customer: Customer) -> list[Account]:
        """Return who may sign in for the customer, without those who have not answered an invitation."""
        unanswered = {one.account_id for one in cls.invited(customer)}
        return [account for account in Account.open_of(customer) if account.id not in unanswered]


class EmailChange(BaseModel):
    """A new e-mail address that both mailboxes must confirm; the links' secrets come from the marks."""

    account = ForeignKeyField(Account, backref="email_changes", on_delete="CASCADE")
    email = CharField(max_length=254)
    old_mark = CharField(max_length=43, unique=True)
    new_mark = CharField(max_length=43, unique=True)
    asked_at = InstantField()
    expires_at = InstantField(index=True)
    old_confirmed_at = InstantField(null=True)
    new_confirmed_at = InstantField(null=True)
    ended_at = InstantField(null=True)  # done, or called off

    @classmethod
    def of_mark(cls, mark: str) -> "EmailChange | None":
        """Return the change that the link in one of the two mails is about, with its account."""
        is_meant = (cls.old_mark == mark) | (cls.new_mark == mark)
        return cls.select(cls, Account).join(Account).where(is_meant).first()

    def is_open(self, now: datetime) -> bool:
        """Tell whether it can still be confirmed or called off."""
        return self.ended_at is None and now < self.expires_at

    @property
    def is_done(self) -> bool:
        """Tell whether both mailboxes have confirmed it."""
        return self.old_confirmed_at is not None and self.new_confirmed_at is not None

    @classmethod
    def open_of(cls, account: Account, now: datetime) -> "EmailChange | None":
        """Return the change that still waits for a confirmation."""
        return (
            cls.select()
            .where(cls.account == account, cls.ended_at.is_null(), cls.expires_at > now)
            .order_by(cls.id.desc())
            .first()
        )
