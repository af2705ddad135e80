"""Does the chain over the history say what is wrong with it, and nothing else?  Rule S."""

import pytest

from portal.rules import seals
from portal.rules.seals import Entry, Fault, Finding, Link

AT = "2026-11-21T09:14:00.000000Z"


def entry(number: int, **said) -> Entry:
    plain = Entry(number, AT, 5, 7, None, "submit", "draft", "submitted", None, "", {}, "", False)
    return plain._replace(**said)


def chain(*entries: Entry) -> list[Link]:
    before, links = seals.START, []
    for number, one in enumerate(entries, 1):
        content = seals.content_of(one)
        before = seals.digest_of(before, one, content)
        links.append(Link(number, one.id, content, before, one))
    return links


FIVE = [entry(number, why=f"Grund {number}", facts={"b": 1, "a": [2]}) for number in range(11, 16)]


def found(links: list[Link]) -> list[Finding]:
    return list(seals.findings(links))


def test_an_unharmed_chain_has_no_faults_and_does_not_mind_the_order_of_facts():  # rule S
    links = chain(*FIVE)
    links[1] = links[1]._replace(entry=FIVE[1]._replace(facts={"a": [2], "b": 1}))
    assert found(links) == []


@pytest.mark.parametrize(
    "said",
    [
        {"why": "anders"}, {"facts": {}}, {"address": "192.0.2.1"}, {"account": 6}, {"case": None},
        {"link": 1}, {"what": "release"}, {"source": ""}, {"target": "x"}, {"about": "account:5"},
        {"at": AT.replace("14", "15")}, {"id": 99},
    ],
)  # fmt: skip
def test_whatever_is_changed_in_a_row_is_found_at_this_row_alone(said):  # rule S
    links = chain(*FIVE)
    links[2] = links[2]._replace(entry=FIVE[2]._replace(**said))
    assert found(links) == [Finding(3, 13, Fault.CHANGED)]


def test_a_removed_row_is_named():  # rule S
    links = chain(*FIVE)
    links[2] = links[2]._replace(entry=None)
    assert found(links) == [Finding(3, 13, Fault.GONE)]


def test_a_removed_seal_shows_at_the_one_behind_it():  # rule S
    links = chain(*FIVE)
    del links[2]
    assert found(links) == [Finding(4, 14, Fault.BROKEN)]


def test_seals_that_changed_places_are_found():  # rule S
    links = chain(*FIVE)
    links[1], links[2] = links[2], links[1]
    assert [one.fault for one in found(links)] == [Fault.BROKEN] * 3


def test_a_row_changed_together_with_its_own_seal_breaks_the_next():  # rule S
    links = chain(*FIVE)
    forged = FIVE[2]._replace(why="anders")
    content = seals.content_of(forged)
    digest = seals.digest_of(links[1].digest, forged, content)
    links[2] = Link(3, 13, content, digest, forged)
    assert found(links) == [Finding(4, 14, Fault.BROKEN)]


def test_words_may_be_erased_and_nothing_else():  # rule P3
    links = chain(*FIVE)
    erased = FIVE[2]._replace(why="", facts={}, address="", erased=True)
    links[2] = links[2]._replace(entry=erased)
    assert found(links) == []
    links[2] = links[2]._replace(entry=erased._replace(account=6))
    assert found(links) == [Finding(3, 13, Fault.BROKEN)]
