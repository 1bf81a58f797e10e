"""Names that people choose, as properties that hold for every text."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orgs import names
from orgs.names import InvalidName

visible = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"))
hidden = st.characters(categories=("Cc", "Cf", "Co", "Zl", "Zp")) | st.sampled_from(
    ["\ud800", "\udfff", "\uffff", "\U000e0041", "\u202e", "\u200b", "\ufeff", "\u2028"]
)


def cleaned(text):
    """Return the cleaned text, or None where it cannot be a name."""
    try:
        return names.clean(text)
    except InvalidName:
        return None


@given(st.text(max_size=100) | st.text(visible, max_size=100))
def test_a_clean_name_is_what_it_promises(text):
    name = cleaned(text)
    assume(name is not None)
    assert 1 <= len(name) <= 64
    assert name == name.strip()
    assert unicodedata.is_normalized("NFC", name)
    assert all(unicodedata.category(char)[0] != "C" for char in name)


@given(st.text(visible, max_size=80))
def test_cleaning_twice_changes_nothing(text):
    name = cleaned(text)
    assume(name is not None)
    assert names.clean(name) == name


@given(st.text(visible, max_size=80))
def test_a_visible_text_is_refused_for_its_length_only(text):
    length = len(unicodedata.normalize("NFC", text).strip())
    assert (cleaned(text) is not None) is (1 <= length <= 64)


@given(st.text(visible, max_size=20), hidden, st.text(visible, max_size=20))
def test_one_hidden_character_anywhere_is_refused(before, char, after):
    with pytest.raises(InvalidName, match="letters, digits"):
        names.clean(before + char + after)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter a name."),
        (" \u3000\u00a0", "Enter a name."),
        ("x" * 65, "Use 64 characters or fewer."),
        ("a\n", "Use letters, digits, spaces and punctuation only."),
    ],
)
def test_each_refusal_says_what_to_do(text, sentence):
    with pytest.raises(InvalidName) as refused:
        names.clean(text)
    assert str(refused.value) == sentence


@given(st.text(visible, min_size=1, max_size=64))
def test_folding_twice_changes_nothing(text):
    assert names.fold(names.fold(text)) == names.fold(text)


@given(st.text(visible, min_size=1, max_size=64))
def test_names_that_read_the_same_fold_the_same(text):
    folded = names.fold(text)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert names.fold(unicodedata.normalize(form, text)) == folded
    assert names.fold(text.casefold()) == folded


@given(st.text(visible, min_size=1, max_size=64))
def test_a_folded_name_fits_its_column(text):
    name = cleaned(text)
    assume(name is not None)
    assert len(names.fold(name)) <= 18 * names.MAX_LENGTH


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pipeline", "pipeline"),
        ("Straße", "STRASSE"),
        ("\uff30ipe", "pipe"),
        ("e\u0301", "\u00c9"),
        ("\ufb01le", "file"),
        ("\u2160", "i"),
    ],
)
def test_these_are_one_name(one, other):
    assert names.fold(one) == names.fold(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("key 1", "key1"), ("é", "e")])
def test_these_are_two_names(one, other):
    assert names.fold(one) != names.fold(other)


@pytest.mark.parametrize("text", ["a" * 300_000, "a" + "\u0315\u0300" * 150_000])
def test_an_endless_name_is_refused_by_its_length(text):
    with pytest.raises(InvalidName, match="Use 64 characters or fewer"):
        names.clean(text)
