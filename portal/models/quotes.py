"""Quotes (Kostenvoranschläge): what was offered, until when, and what the owner said to it (W3, P4)."""

from datetime import datetime

from peewee import Check, ForeignKeyField, IntegerField, JSONField, TextField
from playhouse.fields import EnumField

from portal.models.accounts import Account
from portal.models.base import BaseModel, InstantField
from portal.models.cases import Case
from portal.models.consents import Consent
from portal.rules import quotes as rules
from portal.rules.quotes import QuoteState


class Quote(BaseModel):
    """One quote of one case. Once sent it is frozen: triggers keep what was offered and what was answered.

    `draft_of` and `open_of` repeat the case while the quote is a draft, or sent and unanswered; unique, they
    let a case have one of each only.
    """

    case = ForeignKeyField(Case, backref="quotes", on_delete="RESTRICT")
    number = IntegerField()  # 1, 2, … of the case
    state = EnumField(QuoteState, max_length=20)
    draft_of = IntegerField(null=True, unique=True)
    open_of = IntegerField(null=True, unique=True)
    revision = IntegerField(default=1)
    introduction = TextField(default="")
    positions = JSONField(default=list)  # [{"text", "quantity", "net_cents"}]; net of one piece
    vat_percent = IntegerField()
    days = IntegerField()  # how long it holds once sent
    created_at = InstantField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    sent_at = InstantField(null=True)
    valid_until = InstantField(null=True)
    net_cents = IntegerField(null=True)
    total_cents = IntegerField(null=True)
    frozen = JSONField(null=True)  # all that the paper says, as it was sent

    decided_at = InstantField(null=True)
    decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    consent = ForeignKeyField(Consent, null=True, on_delete="RESTRICT")

    class Meta:
        indexes = ((("case", "number"), True),)
        constraints = [
            Check("(draft_of IS NOT NULL) = (state = 'draft')"),
            Check("(open_of IS NOT NULL) = (state = 'sent')"),
            Check("draft_of IS NULL OR draft_of = case_id"),
            Check("open_of IS NULL OR open_of = case_id"),
            Check(
                "state = 'draft' OR (sent_at IS NOT NULL AND valid_until IS NOT NULL AND total_cents >= 0)"
            ),
            Check("state <> 'accepted' OR (consent_id IS NOT NULL AND decided_at IS NOT NULL)"),
        ]

    @classmethod
    def of_case(cls, case: Case):
        """Select the case's quotes, newest first."""
        return cls.select().where(cls.case == case).order_by(cls.number.desc())

    @classmethod
    def draft(cls, case: Case) -> "Quote | None":
        """Return the case's draft, if there is one."""
        return cls.get_or_none(cls.draft_of == case.id)

    @classmethod
    def unanswered(cls, case: Case) -> "Quote | None":
        """Return the quote the owner has to decide about, if there is one."""
        return cls.get_or_none(cls.open_of == case.id)

    @classmethod
    def last_sent(cls, case: Case) -> "Quote | None":
        """Return the newest quote the owner was ever shown: it is the one that counts."""
        return cls.of_case(case).where(cls.state != QuoteState.DRAFT).first()

    def is_open(self, now: datetime) -> bool:
        """Tell whether the owner can still answer it; past its end nobody can, worker or not (rule P4)."""
        return self.state is QuoteState.SENT and not rules.is_over(self.valid_until, now)

    def is_lapsed(self, now: datetime) -> bool:
        """Tell whether its time was up before anybody answered."""
        is_over = self.state is QuoteState.SENT and not self.is_open(now)
        return is_over or self.state is QuoteState.LAPSED

    @classmethod
    def of_number(cls, case: Case, number: int) -> "Quote | None":
        """Return the case's quote of this number if the owner was ever shown it."""
        return cls.of_case(case).where(cls.number == number, cls.state != QuoteState.DRAFT).first()

    @classmethod
    def over(cls, now: datetime):
        """Select the quotes that nobody answered in time, the oldest first; they are to lapse (rule P4)."""
        return cls.select().where(cls.open_of.is_null(False), cls.valid_until < now).order_by(cls.valid_until)
