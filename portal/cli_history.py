"""What `flask check` says of the history: is its chain unbroken, does it reach as far as it did?  Rule S."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import click

from portal.models import Seal
from portal.rules import seals
from portal.rules.seals import Fault, Finding

NAMED = 20  # faults one by one; the rest is counted
SEALED_AFTER = timedelta(minutes=15)  # the worker looks every ten
SAID = {
    Fault.GONE: "the row is gone",
    Fault.CHANGED: "the row was changed",
    Fault.BROKEN: "the chain does not fit here: what stood before was removed, changed or moved, or this was",
}


class End(click.ParamType):
    """An end of the chain as it was told: `number:digest`."""

    name = "number:digest"

    def convert(self, value: str, param: object, ctx: object) -> tuple[int, str]:
        """Return number and digest; a part of the digest will do, if it is not too short."""
        number, _, digest = value.partition(":")
        if not number.isdigit() or len(number) > 15 or len(digest) < 8:
            self.fail(f"{value!r} is no end of a chain, as `flask check` and the worker's log tell it")
        return int(number), digest.lower()


class Chain:
    """The chain, read once from its beginning to its end; `report` says what was found."""

    def __init__(self) -> None:
        self.rows = self.erased = self.wrong = 0
        self.named: list[Finding] = []
        self.end = f"0:{seals.START}"

    def problems(self, told: tuple[int, str] | None, now: datetime) -> Iterator[str]:
        """Yield what is wrong; `told` is an end that was written down before."""
        self._read()
        for found in self.named:
            yield f"History, row {found.history} (seal {found.number}): {SAID[found.fault]}."
        if self.wrong > len(self.named):
            yield f"History: {self.wrong - len(self.named)} more faults like these."
        if told and not Seal.has(*told):
            yield (
                f"History: its end was {told[0]}:{told[1]} once, and that is not in it any more:"
                " the newest rows were removed, or all was written anew."
            )
        count, first = Seal.unsealed_before(now - SEALED_AFTER)
        if count:
            yield f"History: {count} rows are not sealed, the first is {first}; the worker should do it."

    @property
    def report(self) -> str:
        """Return what is good to know, and to write down."""
        return f"History: {self.rows} rows sealed, the words of {self.erased} erased. Its end is {self.end}."

    def _read(self) -> None:
        before = seals.START
        for piece in Seal.links():
            for found in seals.findings(piece, before):
                self.wrong += 1
                if len(self.named) < NAMED:
                    self.named.append(found)
            before, last = piece[-1].digest, piece[-1].number
            self.rows += len(piece)
            self.erased += sum(1 for link in piece if link.entry and link.entry.erased)
            self.end = f"{last}:{before}"
