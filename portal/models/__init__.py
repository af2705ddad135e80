"""WHAT WE REMEMBER: tables and questions. Nouns only; who changes them is in actions."""

from portal.models.accounts import Account, SignIn
from portal.models.appointments import Appointment, CalendarKind, Holiday, Seat, WeeklyHours
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
from portal.models.emergencies import Emergency
from portal.models.feedback import Feedback
from portal.models.history import History
from portal.models.hooks import Hook
from portal.models.imports import ImportRun
from portal.models.keys import ApiKey
from portal.models.letters import Letter
from portal.models.links import SubstituteLink
from portal.models.messages import Message
from portal.models.operator import Logo, Operator
from portal.models.outages import OutageLine
from portal.models.parcels import ParcelItem
from portal.models.privacy import Deletion, Takeout
from portal.models.quotes import Quote
from portal.models.registrations import EmailChange, Registration
from portal.models.seals import Seal
from portal.models.second_factor import Authenticator, Challenge, Passkey, RecoveryCode
from portal.models.signing_in import SignInLink, Throttle
from portal.models.workshop import Swap

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
    ParcelItem,
    Swap,
    Quote,
    CalendarKind,
    WeeklyHours,
    Holiday,
    Appointment,
    Seat,
    Feedback,
    OutageLine,
    Throttle,
    SignInLink,
    ImportRun,
    Passkey,
    Authenticator,
    RecoveryCode,
    Challenge,
    Emergency,
    Registration,
    EmailChange,
    Seal,
    Takeout,
    Deletion,
    Logo,
)

__all__ = [table.__name__ for table in TABLES] + ["TABLES", "db"]
