"""WHAT WE REMEMBER: tables and questions. Nouns only; who changes them is in actions."""

from portal.models.accounts import Account, SignIn
from portal.models.attachments import Attachment
from portal.models.base import db
from portal.models.cases import Case
from portal.models.commissioning import CommissioningTick
from portal.models.consents import Consent
from portal.models.counters import Counter, Round
from portal.models.customers import Customer, Salon
from portal.models.devices import Device
from portal.models.drafts import Draft
from portal.models.durations import StepTime
from portal.models.history import History
from portal.models.hooks import Hook
from portal.models.keys import ApiKey
from portal.models.letters import Letter
from portal.models.links import SubstituteLink
from portal.models.messages import Message
from portal.models.operator import Operator

TABLES = (
    Operator,
    Counter,
    Round,
    Customer,
    Salon,
    Account,
    SignIn,
    Device,
    Draft,
    Case,
    SubstituteLink,
    History,
    Consent,
    Letter,
    Message,
    Attachment,
    ApiKey,
    Hook,
    StepTime,
    CommissioningTick,
)

__all__ = [table.__name__ for table in TABLES] + ["TABLES", "db"]
