"""What a layer may know, read out of the source: the table of layers as data, and what finds its breaches."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Who may import which part of the portal. `top` is app, cli, worker and what only they use.
PARTS = {
    "rules": {"rules"},
    "models": {"models", "rules"},
    "actions": {"actions", "models", "rules"},
    "outside": {"outside"},
    "web": {"web", "actions", "models", "rules", "outside"},
    "config": {"config"},
    "top": {"top", "config", "web", "actions", "models", "rules", "outside"},
}
# Who may import which library besides the standard one; a layer that is not named here may import any.
# argon2: to hash a password belongs to the deed of choosing one; pyotp and cryptography: to look at a code
# and to seal an app's secret belongs to the deed of taking it; webauthn: likewise a passkey's answer.
# flask_login: only its UserMixin.
LIBRARIES = {
    "rules": {"stdnum"},
    "models": {"peewee", "playhouse", "flask_login.UserMixin"},
    "actions": {"peewee", "playhouse", "argon2", "pyotp", "cryptography", "webauthn"},
    "config": set(),
}
OUTSIDE_NEVER = {"flask", "peewee", "playhouse"}
ASKS_TIME = {"now", "utcnow", "today"}
TIME_MODULE = {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime"}
TIME_IN_SQL = re.compile(r"CURRENT_(TIMESTAMP|DATE|TIME)\b|\bnow\s*\(|datetime\s*\(\s*'now'", re.IGNORECASE)
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "lazy_gettext"}
WRITES = {"create", "insert", "insert_many", "bulk_create", "get_or_create"}
INSTANCE_WRITES = {"save", "delete_instance", "atomic"}
QUERIES = {"select", "where", "order_by", "left_outer_join", "execute_sql", "group_by"}
WRITES_OF_MODELS = {"update", "delete", "replace"}  # on a model; dictionaries have them too


def layer_of(module: str) -> str:
    """Return the layer of a module's dotted name: portal.web.owner.cases → web, portal.worker → top."""
    parts = module.split(".")
    part = parts[1] if len(parts) > 1 else "top"
    return part if part in PARTS else "top"


def module_of(path: Path) -> str:
    """Return the dotted name of a file under the project's root."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, module: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of everything imported, relative imports and those in functions too."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            for name in node.names:
                yield node.lineno, f"{base}.{name.name}"
        elif isinstance(node, ast.Call) and _name(node.func) in ("__import__", "import_module"):
            given = node.args[0] if node.args else None
            yield node.lineno, given.value if isinstance(given, ast.Constant) else "portal.worker.unknown"


def wrong_imports(source: str, module: str, is_package: bool = False) -> list[str]:
    """Return what this module imports although its layer must not know it."""
    layer = layer_of(module)
    found = []
    for line, name in imports(ast.parse(source), module, is_package):
        top = name.split(".")[0]
        if top == "portal":
            if name != "portal" and not _part_allowed(layer, name):
                found.append(f"{module}:{line} {layer} imports {name}")
        elif top not in sys.stdlib_module_names and not _library_allowed(layer, name):
            found.append(f"{module}:{line} {layer} imports {name}")
    return found


def _part_allowed(layer: str, name: str) -> bool:
    parts = name.split(".")
    wanted = layer_of(name)
    # `from portal import rules` names the layer itself; a plain name of portal/__init__ cannot be meant.
    return wanted in PARTS[layer] if len(parts) > 1 else True


def _library_allowed(layer: str, name: str) -> bool:
    top = name.split(".")[0]
    if layer == "outside":
        return top not in OUTSIDE_NEVER
    allowed = LIBRARIES.get(layer)
    return allowed is None or top in allowed or name in allowed


def clock_questions(source: str, module: str) -> list[str]:
    """Return where the module asks for the time by itself; time.monotonic is for durations and is fine."""
    tree = ast.parse(source)
    classes = {"datetime", "date", "fn"} | {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "datetime"
        for name in node.names
    }
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        f"{module}:{node.lineno} {asked}"
        for node in ast.walk(tree)
        if id(node) not in prose and (asked := _asks_time(node, classes))
    ]


def _asks_time(node: ast.AST, classes: set[str]) -> str:
    """Return how this piece of code asks for the time, or nothing."""
    if isinstance(node, ast.Attribute):
        owner = _name(node.value)
        asks = ASKS_TIME if owner in classes else TIME_MODULE if owner == "time" else set()
        return f"{owner}.{node.attr}" if node.attr.lower() in asks else ""
    if isinstance(node, ast.ImportFrom) and node.module == "time":
        return ", ".join(name.name for name in node.names if name.name in TIME_MODULE)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return "in SQL" if is_text and TIME_IN_SQL.search(node.value) else ""


def texts_for_people(source: str, module: str) -> list[str]:
    """Return where a module marks a text for translation."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [f"{module}:{call.lineno} {_name(call.func)}(…)" for call in calls if _name(call.func) in GETTEXT]


def database_work(source: str, module: str) -> list[str]:
    """Return where a view writes to a model or builds a query instead of asking the layer below."""
    tree = ast.parse(source)
    models = {
        name.rsplit(".", 1)[-1] for _, name in imports(tree, module) if name.startswith("portal.models.")
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, verb = _name(node.func.value), node.func.attr
        on_table = owner[:1].isupper() if verb in WRITES else owner in models
        if verb in QUERIES or verb in INSTANCE_WRITES or (verb in WRITES | WRITES_OF_MODELS and on_table):
            found.append(f"{module}:{node.lineno} {owner}.{verb}(…)")
    return found


def _name(node: ast.AST) -> str:
    """Return the last part of a dotted expression: dt.datetime → datetime; "" for anything else."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return getattr(node, "attr", None) or getattr(node, "id", "")


JINJA = re.compile(r"\{#.*?#\}", re.DOTALL), re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
VENDOR = re.compile(r"JoeCash|Schlimgen", re.IGNORECASE)
EVERYWHERE = {  # in the source as written
    "hx-on": re.compile(r"hx-on\b"),
    "script in a value": re.compile(r"""=\s*["']\s*(js|javascript):"""),
    "vendor's name": VENDOR,
}
ON_PAGES = {  # in pages, not in mails and documents; Jinja's own marks taken out
    "inline style": re.compile(r"\sstyle\s*=|<style\b"),
    "inline handler": re.compile(r"<[^<>]*\son[a-z]+\s*="),
    "inline script": re.compile(r"<script\b(?![^>]*\ssrc\s*=)"),
    "trigger filter": re.compile(r"""hx-trigger\s*=\s*("[^"]*\[|'[^']*\[)"""),
    "outside address": re.compile(r"""\s(src|srcset|href|action|data|poster)\s*=\s*["']\s*(https?:)?//"""),
}


def template_faults(source: str, *, is_page: bool = True) -> list[str]:
    """Return what a strict Content-Security-Policy or the operator's record forbids in a template."""
    comments, marks = JINJA
    text = comments.sub("", source)
    found = [what for what, pattern in EVERYWHERE.items() if pattern.search(text)]
    if is_page:
        # An expression becomes a letter, so that href="{{ … }}//" cannot look like an outside address.
        plain = marks.sub("x", text)
        found += [what for what, pattern in ON_PAGES.items() if pattern.search(plain)]
    return found
