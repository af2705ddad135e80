"""The case (Vorgang): a report and what became of it."""

from datetime import datetime

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Select,
    TextField,
    fn,
)
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField, db
from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.models.drafts import Draft
from portal.rules.carriers import Carrier
from portal.rules.triage import Outcome, Topic
from portal.rules.warranty import Decision, Estimate
from portal.rules.workflow import CLOSED, SENT_IN, State


class Case(BaseModel):
    """One report of one device, from sending to its end."""

    number = CharField(max_length=10, unique=True)  # rules.numbers
    customer = ForeignKeyField(Customer, backref="cases", null=True, on_delete="RESTRICT")
    salon = ForeignKeyField(Salon, backref="cases", null=True, on_delete="RESTRICT")
    device = ForeignKeyField(Device, backref="cases", null=True, on_delete="RESTRICT")
    reporter = ForeignKeyField(Account, backref="reports", null=True, on_delete="SET NULL")
    draft = ForeignKeyField(Draft, null=True, unique=True, on_delete="SET NULL")  # sent twice = one case (S3)
    language = CharField(max_length=5, default="de")

    state = EnumField(State, max_length=30)
    state_since = InstantField()
    revision = IntegerField(default=1)  # counts every change the owner's page shows
    topic = EnumField(Topic, max_length=20)
    outcome = EnumField(Outcome, max_length=20)
    holds = JSONField(default=list)  # rules.triage.Hold: why it waits for staff
    estimate = EnumField(Estimate, max_length=20)
    estimated_on = DateField()
    answers = JSONField(default=dict)  # as given, kept for good (T1, T9)

    fault = TextField(default="")
    on_screen = TextField(default="")
    fault_since = DateField(null=True)
    last_online_at = InstantField(null=True)
    uploaded_at = InstantField(null=True)
    entered_since = BooleanField(null=True)

    contact_name = CharField(max_length=120)
    contact_phone = CharField(max_length=20, index=True)  # E.164
    return_name = CharField(max_length=120)
    return_street = CharField(max_length=100)
    return_postal_code = CharField(max_length=10)
    return_city = CharField(max_length=80)
    return_country = CharField(max_length=2, default="DE")

    reported_at = InstantField()
    released_at = InstantField(null=True)
    valid_until = InstantField(null=True)  # C2b
    carrier = EnumField(Carrier, max_length=10, null=True)
    tracking_number = CharField(max_length=60, default="")
    sent_at = InstantField(null=True)
    received_at = InstantField(null=True)
    answered_at = InstantField(null=True)  # the owner wrote, staff have not acted yet

    harm = IntegerField(null=True)  # rules.urgency.Harm; NULL = nothing for staff to do
    harm_since = InstantField(null=True)
    reassess_at = InstantField(null=True, index=True)  # when time alone may change `harm`

    # In the workshop: what staff decided (W0), found and read out; who and why is history.
    decision = EnumField(Decision, max_length=20, null=True)
    decided_at = InstantField(null=True)
    diagnosis = TextField(default="", constraints=[SQL("DEFAULT ''")])
    storage_place = CharField(max_length=40, default="", constraints=[SQL("DEFAULT ''")])
    read_out_at = InstantField(null=True)
    final_cents = IntegerField(null=True)  # what the repair came to, VAT included (P4)

    # The way back (C5).
    return_carrier = EnumField(Carrier, max_length=10, null=True)
    return_tracking = CharField(max_length=60, default="", constraints=[SQL("DEFAULT ''")])
    dispatched_at = InstantField(null=True)
    delivered_at = InstantField(null=True)

    # When the owner is next reminded or time ends something, and until when that was worked off.
    remind_at = InstantField(null=True, index=True)
    reminded_at = InstantField(null=True)

    # Until when the law wants the case kept, and when its people's data went after that (P3).
    keep_until = DateField(null=True, index=True)
    erased_at = InstantField(null=True)

    class Meta:
        indexes = (
            (("harm", "harm_since", "id"), False),
            (("state", "id"), False),
            (("customer", "id"), False),
        )

    @classmethod
    def visible_to(cls, account: Account):
        """Select the cases this account may see; every read starts here (rule P1)."""
        cases = (
            cls.select(cls, Device, Salon, Customer)
            .left_outer_join(Device)
            .switch(cls)
            .left_outer_join(Salon, on=(cls.salon == Salon.id))
            .switch(cls)
            .left_outer_join(Customer, on=(cls.customer == Customer.id))
        )
        if account.is_staff:
            return cases.where(Customer.is_shown_to(account))
        return cases.where(cls.customer == account.customer_id, cls.customer.is_null(False))

    @classmethod
    def open_of(cls, device: Device | int):
        """Select the device's cases that have not ended, newest first."""
        return (
            cls.select().where(cls.device == device, cls.state.not_in(list(CLOSED))).order_by(cls.id.desc())
        )

    @classmethod
    def sent_in_of(cls, device: Device | int, now: datetime):
        """Select the cases by which the device is being sent in at this moment, newest first (rule S1).

        One whose release has lapsed is none of them: nothing may be sent with it any more (rule C2b).
        """
        holds = (cls.state != State.AWAITING_SHIPMENT) | cls.valid_until.is_null() | (cls.valid_until > now)
        return cls.open_of(device).where(cls.state.in_(list(SENT_IN)), holds)

    @classmethod
    def own_send_in_of(cls, device: Device | int, customer: Customer | int, now: datetime):
        """Select the business's own among them: a device may have had another owner (rule P1)."""
        return cls.sent_in_of(device, now).where(cls.customer == customer)

    def other_send_in(self, now: datetime) -> "Case | None":
        """Return the business's other case by which this one's device is being sent in (rules S1, P1)."""
        if self.device_id is None or self.customer_id is None:
            return None
        found = Case.own_send_in_of(self.device_id, self.customer_id, now)
        return found.where(Case.id != self.id).first()

    @classmethod
    def open_of_customer(cls, customer: Customer):
        """Select all the customer's cases that have not ended, newest first."""
        return (
            cls.select()
            .where(cls.customer == customer, cls.state.not_in(list(CLOSED)))
            .order_by(cls.id.desc())
        )

    @classmethod
    def count_by_harm(cls, most: int = 10_000) -> dict[int, int]:
        """Count the cases staff must act on by their harm, the worst first and `most` in all."""
        some = cls.select(cls.harm).where(cls.harm > 0).order_by(cls.harm).limit(most).alias("some")
        return dict(
            Select([some], [some.c.harm, fn.COUNT(some.c.harm)]).group_by(some.c.harm).tuples().execute(db)
        )

    @classmethod
    def is_at_commissioning(cls, device_id: int) -> bool:
        """Tell whether the device is being put back into service: it must not be used yet (rule R1)."""
        booked = (cls.device == device_id) & (cls.state == State.COMMISSIONING_BOOKED)
        return cls.select(cls.id).where(booked).exists()

    @property
    def is_send_in(self) -> bool:
        """Tell whether the device is to be sent in: by triage, or because staff released it anyway."""
        return self.outcome is Outcome.SEND_IN or self.released_at is not None

    def is_lapsed(self, now: datetime) -> bool:
        """Tell whether the parcel must not be sent any more; one that has left is on its way (rule C2b)."""
        is_awaited = self.state is State.AWAITING_SHIPMENT
        return is_awaited and self.valid_until is not None and now >= self.valid_until
