"""The substitute link (Ersatzlink): a digital till for at most 30 days."""

from datetime import datetime

from peewee import SQL, BooleanField, CharField, Check, ForeignKeyField, IntegerField, JSONField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.rules.links import (
    Answer,
    Ending,
    LinkReason,
    LinkState,
    Mode,
    Provider,
    TillState,
    is_open,
)
from portal.rules.workflow import CLOSED


class SubstituteLink(BaseModel):
    """One request and the link that came of it.

    `open_device` repeats the device while the link is requested or active and is NULL
    afterwards: unique, it lets a device have one open link only (rule L1). That an ended
    link stays ended (L3) and its end stays where it is (L6) is kept by triggers; see schema.py.
    """

    customer = ForeignKeyField(Customer, backref="links", on_delete="RESTRICT")
    device = ForeignKeyField(Device, backref="links", on_delete="RESTRICT")
    open_device = IntegerField(null=True, unique=True)
    case = ForeignKeyField(Case, backref="links", null=True, on_delete="RESTRICT")
    requester = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    reason = EnumField(LinkReason, max_length=20)
    reason_text = TextField(default="")
    requested_at = InstantField()
    revision = IntegerField(default=1)

    state = EnumField(LinkState, max_length=20)
    mode = EnumField(Mode, max_length=20, null=True)
    ending = EnumField(Ending, max_length=20, null=True)

    # What the owner said, and the answer to be expected from it (L4a).
    backup_booked = BooleanField(null=True)
    last_online_at = InstantField(null=True)
    uploaded_at = InstantField(null=True)
    entered_since = BooleanField(null=True)
    expected = EnumField(Answer, max_length=20)
    backup_at = InstantField(null=True)
    reasons = JSONField(default=list)

    # What staff found out (B2, L5): the only way from view-only to full.
    real_backup_at = InstantField(null=True)
    complete = BooleanField(null=True)
    corrected_why = TextField(default="")

    decided_at = InstantField(null=True)
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    refusal = TextField(default="")
    activated_at = InstantField(null=True)
    ends_at = InstantField(null=True)
    days = IntegerField(null=True)
    lock_lifted_at = InstantField(null=True)
    ended_at = InstantField(null=True)
    till_address = CharField(max_length=500, default="")
    generation = IntegerField(default=0)
    token_hash = CharField(max_length=64, null=True, unique=True)
    opened_count = IntegerField(default=0)
    last_opened_at = InstantField(null=True)

    # Only for a link without a case; otherwise the case carries its place in the queue.
    harm = IntegerField(null=True)
    harm_since = InstantField(null=True)
    reassess_at = InstantField(null=True, index=True)

    # The receipt lock (L6): read out, then loaded onto the link; who did it is history.
    read_out_at = InstantField(null=True)
    loaded_at = InstantField(null=True)
    read_out_failed_at = InstantField(null=True)
    read_out_problem = TextField(default="", constraints=[SQL("DEFAULT ''")])

    # The till behind the link: what the portal wants of it, and what is confirmed.
    provider = EnumField(
        Provider, max_length=10, default=Provider.BY_HAND, constraints=[SQL("DEFAULT 'by_hand'")]
    )
    till_id = CharField(max_length=100, default="", constraints=[SQL("DEFAULT ''")])
    till_wanted = EnumField(
        TillState, max_length=10, default=TillState.NONE, constraints=[SQL("DEFAULT 'none'")]
    )
    till_confirmed = EnumField(
        TillState, max_length=10, default=TillState.NONE, constraints=[SQL("DEFAULT 'none'")]
    )
    till_confirmed_at = InstantField(null=True)
    till_problem = TextField(default="", constraints=[SQL("DEFAULT ''")])

    # Warnings before the end (L10): when the next falls due, and which was the last.
    warn_at = InstantField(null=True, index=True)
    warned_days = IntegerField(null=True)
    renewed_at = InstantField(null=True)

    class Meta:
        indexes = (
            (("harm", "harm_since", "id"), False),
            (("device", "id"), False),
            (("customer", "id"), False),
            (("state", "ends_at", "id"), False),
        )
        constraints = [
            Check("(open_device IS NULL) = (state IN ('ended', 'refused'))"),
            Check("open_device IS NULL OR open_device = device_id"),
            Check("days IS NULL OR (days BETWEEN 1 AND 30)"),
            Check(
                "state <> 'active' OR (activated_at IS NOT NULL AND ends_at IS NOT NULL"
                " AND ends_at > activated_at AND mode IS NOT NULL AND days IS NOT NULL)"
            ),
            Check("state <> 'ended' OR (ended_at IS NOT NULL AND ending IS NOT NULL)"),
            # IS TRUE: a CHECK lets NULL pass, and not known must never become full (L5).
            Check("mode IS NULL OR mode <> 'full' OR complete IS TRUE OR lock_lifted_at IS NOT NULL"),
        ]

    @classmethod
    def visible_to(cls, account: Account):
        """Select the links this account may see; every read starts here (rule P1)."""
        links = (
            cls.select(cls, Device, Salon, Customer, Case)
            .join(Device)
            .join(Salon)
            .switch(cls)
            .join(Customer, on=(cls.customer == Customer.id))
            .switch(cls)
            .left_outer_join(Case, on=(cls.case == Case.id))
        )
        if account.is_staff:
            return links.where(Customer.is_shown_to(account))
        return links.where(cls.customer == account.customer_id, cls.customer.is_null(False))

    @classmethod
    def open_for(cls, device: Device) -> "SubstituteLink | None":
        """Return the device's requested or active link, if there is one (rule L1)."""
        return cls.get_or_none(cls.open_device == device.id)

    @classmethod
    def shown_with(cls, case: Case) -> "SubstituteLink | None":
        """Return the link that belongs on the case's page: its newest, or an open one of its device alone."""
        belongs = cls.case == case
        if case.device_id is not None and case.state not in CLOSED:
            belongs |= (
                (cls.open_device == case.device_id) & cls.case.is_null() & (cls.customer == case.customer_id)
            )
        return cls.select().where(belongs).order_by(cls.id.desc()).first()

    @classmethod
    def of_cases(cls, cases: list[Case]):
        """Select the links of these cases, the newest last."""
        return cls.select().where(cls.case.in_([case.id for case in cases])).order_by(cls.id)

    @classmethod
    def alone_for(cls, account: Account, *, limit: int = 10):
        """Select the links without a case that this account may see, newest first."""
        return cls.visible_to(account).where(cls.case.is_null()).order_by(cls.id.desc()).limit(limit)

    @classmethod
    def open_for_account(cls, account: Account):
        """Select the requested and active links this account may see (rule L1)."""
        return cls.visible_to(account).where(cls.open_device.is_null(False))

    @classmethod
    def of_server(cls, case: Case):
        """Select every link that could stand beside the case's server: its device's, and its own (L11a)."""
        return cls.select().where((cls.device == case.device_id) | (cls.case == case)).order_by(cls.id)

    @classmethod
    def earlier_of(cls, link: "SubstituteLink"):
        """Select the device's other links, newest first (rule L3: staff see them beside it)."""
        return cls.select().where(cls.device == link.device_id, cls.id != link.id).order_by(cls.id.desc())

    def is_open(self, now: datetime) -> bool:
        """Tell whether the door may lead on at this moment (rule L9)."""
        return is_open(self.state, self.ends_at, now)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the link is past its end, also if nobody has written that down yet (rule L9)."""
        return self.ends_at is not None and now >= self.ends_at

    @property
    def till_is_confirmed(self) -> bool:
        """Tell whether the till is what the portal wants it to be, as far as anybody has confirmed."""
        return self.till_wanted == self.till_confirmed

    @property
    def can_cash(self) -> bool:
        """Tell whether the salon can take payments: a full link, its till known to be open (L5, L6)."""
        return self.mode == Mode.FULL and self.till_confirmed == TillState.OPEN

    @property
    def facts_backup_at(self) -> datetime | None:
        """Return the backup the link is built from: the real one, else the estimate (B2)."""
        return self.real_backup_at or self.backup_at
