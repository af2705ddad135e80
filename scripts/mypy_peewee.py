"""Tell mypy what peewee adds to a model: `id`, `device_id` for a key `device`, and back references."""

from collections.abc import Callable, Iterator

from mypy.nodes import AssignmentStmt, CallExpr, NameExpr, StrExpr, TypeInfo
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
    added = {name for key, _ in _keys(context) for name in [f"{key}_id"]}
    if "id" not in context.cls.info.names:
        added.add("id")
    for name in added:
        add_attribute_to_class(context.api, context.cls, name, AnyType(TypeOfAny.explicit))
    for _, call in _keys(context):
        _add_back_reference(context, call)


def _keys(context: ClassDefContext) -> Iterator[tuple[str, CallExpr]]:
    """Yield the name and the definition of every foreign key of the class."""
    for line in context.cls.defs.body:
        if isinstance(line, AssignmentStmt) and isinstance(line.rvalue, CallExpr):
            name, field = line.lvalues[0], line.rvalue.callee
            if isinstance(name, NameExpr) and getattr(field, "name", "") == "ForeignKeyField":
                yield name.name, line.rvalue


def _add_back_reference(context: ClassDefContext, call: CallExpr) -> None:
    target = getattr(call.args[0], "node", None)
    named = dict(zip(call.arg_names, call.args, strict=True))
    backref = named.get("backref")
    if isinstance(target, TypeInfo) and isinstance(backref, StrExpr):
        add_attribute_to_class(context.api, target.defn, backref.value, AnyType(TypeOfAny.explicit))


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin; mypy asks for it by this name."""
    return PeeweePlugin
