"""What was swapped in the workshop (O2), and what keeps a case's repair from beginning (W0, W2–W4)."""

from peewee import CharField, DateField, ForeignKeyField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.history import History
from portal.models.parcels import ParcelItem
from portal.models.quotes import Quote
from portal.rules import workshop
from portal.rules.quotes import QuoteState
from portal.rules.warranty import Decision
from portal.rules.workflow import State
from portal.rules.workshop import Obstacle, SwapPart


class Swap(BaseModel):
    """One part that was swapped. TSE serials are hex; `withdrawn_at`: recorded by mistake."""

    case = ForeignKeyField(Case, backref="swaps", on_delete="RESTRICT")
    part = EnumField(SwapPart, max_length=20)
    name = CharField(max_length=80, default="")  # what an OTHER part is
    old_serial = CharField(max_length=80, default="")
    new_serial = CharField(max_length=80, default="")
    old_bsi_number = CharField(max_length=20, default="")
    new_bsi_number = CharField(max_length=20, default="")
    out_of_service_on = DateField(null=True)
    in_service_on = DateField(null=True)
    old_item = ForeignKeyField(ParcelItem, null=True, on_delete="RESTRICT")
    new_item = ForeignKeyField(ParcelItem, null=True, on_delete="RESTRICT")
    at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    withdrawn_at = InstantField(null=True)

    @classmethod
    def of_case(cls, case: Case):
        """Select what was swapped, oldest first, without what was recorded by mistake."""
        return cls.select().where(cls.case == case, cls.withdrawn_at.is_null()).order_by(cls.id)

    @classmethod
    def recorded_for(cls, case: Case):
        """Select every entry of the case, those that were withdrawn too."""
        return cls.select().where(cls.case == case)

    @classmethod
    def may_be_recorded(cls, case: Case) -> bool:
        """Tell whether a swapped part may be recorded now, or a wrong entry be withdrawn (rules W3, O2)."""
        state = State(case.state)
        worked_on = state is State.READY_TO_RETURN and cls._was_worked_on(case)
        return workshop.may_swap(state, was_worked_on=worked_on)

    @classmethod
    def _was_worked_on(cls, case: Case) -> bool:
        steps = History.what.in_(("start_repair", "not_repairable"))
        return History.select(History.id).where(History.case == case, steps).exists()

    @property
    def is_open(self) -> bool:
        """Tell whether the entry counts."""
        return self.withdrawn_at is None

    def later(self) -> "Swap | None":
        """Return a later entry for the same part of the case: it stands on this one."""
        later = (Swap.case == self.case_id) & (Swap.part == self.part) & (Swap.id > self.id)
        return Swap.get_or_none(later, Swap.withdrawn_at.is_null())


def obstacles_of(case: Case) -> tuple[Obstacle, ...]:
    """Name what keeps the case's repair from beginning (rules W0, W2–W4); the newest quote counts."""
    return workshop.obstacles(
        case.decision,
        case.device.purchased_on if case.device else None,
        quote_accepted=case.decision == Decision.CHARGEABLE and _quote_is_accepted(case),
    )


def _quote_is_accepted(case: Case) -> bool:
    quote = Quote.last_sent(case)
    return quote is not None and quote.state == QuoteState.ACCEPTED
