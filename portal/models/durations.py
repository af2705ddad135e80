"""How long cases usually stand in a state: what the forecast of rule L10 rests on."""

from peewee import BigIntegerField, IntegerField
from playhouse.fields import EnumField

from portal.models.base import BaseModel, InstantField
from portal.rules.workflow import State


class StepTime(BaseModel):
    """The median time past cases stood in one state, and how many cases that rests on."""

    state = EnumField(State, max_length=30, unique=True)
    median_seconds = BigIntegerField()
    cases = IntegerField()
    measured_at = InstantField()
