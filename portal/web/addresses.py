"""Parts of an address that are checked before a view sees them."""

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from portal.rules import numbers

LARGEST_ID = 2**31 - 1  # what PostgreSQL's integer holds; more would be an error of the database


class NumberConverter(BaseConverter):
    """A case number as people write it, grouped or not; views get the canonical one."""

    regex = r"[Rr][0-9 \-]{8,20}"

    def to_python(self, value: str) -> str:
        """Return the canonical number; a mistyped one is no address: 404."""
        try:
            return numbers.parse(value)
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: str) -> str:
        """Return the number as it stands in addresses."""
        return str(value)


class IdConverter(IntegerConverter):
    """A row's id in plain figures: larger ones than the database can hold are no address: 404."""

    regex = "[0-9]+"  # not every digit there is: one row has one address

    def __init__(self, url_map) -> None:
        """Bound the number."""
        super().__init__(url_map, min=1, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Make `<number:...>` and `<id:...>` known."""
    app.url_map.converters["number"] = NumberConverter
    app.url_map.converters["id"] = IdConverter
