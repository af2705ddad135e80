"""Tell mypy what peewee adds to a model: `id`, and `device_id` for a key `device`."""

from collections.abc import Callable, Iterator

from mypy.nodes import AssignmentStmt, CallExpr, NameExpr
from mypy.plugin import ClassDefContext, Plugin
from mypy.plugins.common import add_attribute_to_class
from mypy.types import AnyType, TypeOfAny

BASE = "portal.models.base.BaseModel"


class PeeweePlugin(Plugin):
    """Adds the attributes to every class below our BaseModel."""

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """Look at the classes that stand directly on BaseModel."""
        return _complete if fullname == BASE else None


def _complete(context: ClassDefContext) -> None:
    added = {f"{key}_id" for key in _keys(context)}
    if "id" not in context.cls.info.names:
        added.add("id")
    for name in added:
        add_attribute_to_class(context.api, context.cls, name, AnyType(TypeOfAny.explicit))


def _keys(context: ClassDefContext) -> Iterator[str]:
    """Yield the name of every foreign key of the class."""
    for line in context.cls.defs.body:
        if isinstance(line, AssignmentStmt) and isinstance(line.rvalue, CallExpr):
            name, field = line.lvalues[0], line.rvalue.callee
            if isinstance(name, NameExpr) and getattr(field, "name", "") == "ForeignKeyField":
                yield name.name


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin; mypy asks for it by this name."""
    return PeeweePlugin
