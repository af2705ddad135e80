"""What must hold of every page, whatever it is about: looked for on each page that a test fetches."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

REFERENCES = (
    "for",
    "aria-describedby",
    "aria-labelledby",
    "aria-controls",
    "aria-errormessage",
    "headers",
    "list",
)
FETCHED = {  # attributes whose address the browser fetches, or sends people's data to
    "action": "*",
    "formaction": "*",
    "src": "*",
    "srcset": "*",
    "poster": "*",
    "data": "object",
    "href": "link",
    "hx-get": "*",
    "hx-post": "*",
}
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
PRESSED = ("submit", "image")
NOT_SENT = ("submit", "image", "button", "reset", "file")


@dataclass
class Form:
    """One form of a page and what a browser would send with it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A parsed page or fragment: its faults, its forms, its headline and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.is_whole = html.lstrip().lower().startswith("<!doctype html")
        self.faults: list[str] = []
        self.forms: list[Form] = []
        self.headlines: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self._wanted: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: tuple[str, list[str]] | None = None
        self._words: list[str] = []
        self._lang = self._title = ""
        self.feed(html)
        self.close()
        self._judge()

    @property
    def text(self) -> str:
        """Return what can be read, with single blanks."""
        return " ".join(" ".join(self._words).split())

    @property
    def headline(self) -> str:
        """Return the text of the first h1."""
        return " ".join(self.headlines[0].split()) if self.headlines else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._open_tag(tag)
        self._note(tag, values)
        self._look_at(tag, values)
        self._collect(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                continue
        if tag == "form":
            self._form = None
        if tag == "select":
            self._end_select()
        if tag == "textarea":
            self._end_area()

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if self._area:
            self._area[1].append(data)
        if inside == "title" and "svg" not in self._open:
            self._title += data
        if "h1" in self._open:
            self.headlines[-1] += data
        if inside not in ("script", "style", "title"):
            self._words.append(data)

    def _open_tag(self, tag: str) -> None:
        if tag == "h1":
            self.headlines.append("")
        if tag not in VOID:
            self._open.append(tag)

    def _note(self, tag: str, values: dict[str, str]) -> None:
        if tag == "html":
            self._lang = values.get("lang", "")
        if "id" in values:
            self.ids[values["id"]] += 1
        for name in REFERENCES:
            self._wanted += [(f"{tag} {name}", target) for target in values.get(name, "").split()]
        if tag == "a" and "href" in values:
            self.links.append(values["href"])

    def _look_at(self, tag: str, values: dict[str, str]) -> None:
        if "style" in values or tag == "style":
            self.faults.append(f"inline style in <{tag}>")
        if tag == "script" and "src" not in values:
            self.faults.append("inline <script>")
        for name, value in values.items():
            if name.startswith(("on", "hx-on")):
                self.faults.append(f"inline handler {name} in <{tag}>")
            if value.strip().lower().startswith(("javascript:", "js:")):
                self.faults.append(f"script in {name} of <{tag}>")
            if FETCHED.get(name) in ("*", tag) and _is_outside(value):
                self.faults.append(f"outside address {value} in <{tag} {name}>")
        if tag == "img" and "alt" not in values:
            self.faults.append(f"<img> without alt: {values.get('src', '')}")

    def _collect(self, tag: str, values: dict[str, str]) -> None:
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None or "disabled" in values:
            return
        elif tag == "option" and self._select:
            self._select[1].append((values.get("value", ""), "selected" in values))
        elif name := values.get("name"):
            self._add_field(tag, name, values)

    def _add_field(self, tag: str, name: str, values: dict[str, str]) -> None:
        assert self._form is not None
        kind = values.get("type", "submit" if tag == "button" else "text")
        if tag not in ("input", "button", "select", "textarea"):
            return
        if kind in PRESSED:
            self._form.buttons.append((name, values.get("value", "")))
            return
        self._form.names.add(name)
        if tag == "select":
            self._select = (name, [])
        elif tag == "textarea":
            self._area = (name, [])
        elif kind in ("radio", "checkbox"):
            if "checked" in values:
                self._form.fields.append((name, values.get("value", "on")))
        elif kind not in NOT_SENT:
            self._form.fields.append((name, values.get("value", "")))

    def _end_select(self) -> None:
        if self._select and self._form:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [options[0][0] if options else ""]
            self._form.fields.append((name, chosen[0]))
        self._select = None

    def _end_area(self) -> None:
        if self._area and self._form:
            name, parts = self._area
            # A browser drops the line break right after <textarea>.
            self._form.fields.append((name, "".join(parts).removeprefix("\n")))
        self._area = None

    def _judge(self) -> None:
        self.faults += [f"id {name!r} stands {count} times" for name, count in self.ids.items() if count > 1]
        if not self.is_whole:
            return
        self.faults += [
            f"{where} points to {target!r}, which is not there"
            for where, target in self._wanted
            if target not in self.ids
        ]
        if len(self.headlines) != 1:
            self.faults.append(f"{len(self.headlines)} h1 instead of one")
        if not self._lang:
            self.faults.append("<html> without lang")
        if not self._title.strip():
            self.faults.append("no <title>")


def _is_outside(address: str) -> bool:
    address = address.strip().lower()
    return address.startswith(("//", "http:", "https:"))
