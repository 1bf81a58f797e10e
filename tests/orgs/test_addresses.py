"""What counts as an address in what people type or paste."""

import time

import pytest

from orgs import addresses
from orgs.refusals import AddressesRefused


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a@x.test", ["a@x.test"]),
        ("a@x.test,b@x.test; c@x.test\n\td@x.test", ["a@", "b@", "c@", "d@"]),
        ("a@x.test a@x.test", ["a@x.test"]),
        ("Ada Lovelace <a@x.test>", ["a@x.test"]),
        ("Ada <a@x.test> Bob Byte <b@x.test>", ["a@", "b@"]),
        ('"Lovelace, Ada" <a@x.test>, b@x.test', ["a@", "b@"]),
        ("a@x.test <a@x.test>", ["a@x.test"]),
        ("c@x.test Ada <a@x.test>", ["c@", "a@"]),
        ("ada lovelace", ["ada", "lovelace"]),
        ("Ada <ada>", ["ada"]),
    ],
)
def test_addresses_are_found_among_names_and_separators(text, found) -> None:
    whole = [each if each[-1:] != "@" else f"{each}x.test" for each in found]
    assert addresses.split(text) == whole


@pytest.mark.parametrize("unit", ["a", "<", '"', "<a", "a<>", " ", ",", '"<'])
def test_long_text_takes_no_longer_than_its_length(unit) -> None:
    started = time.perf_counter()
    addresses.split(unit * (50_000 // len(unit)))
    assert time.perf_counter() - started < 5


def test_many_wrong_ones_are_summed_up() -> None:
    with pytest.raises(AddressesRefused) as refused:
        addresses.clean([f"wrong{number}" for number in range(7)])
    assert "and 2 more: enter an email address." in refused.value.sentence
