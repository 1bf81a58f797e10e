"""The text of a key, as properties that hold for every key."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vi.client.auth import SecretKeyAuth

from secretkeys import keyformat
from secretkeys.keyformat import ALPHABET, LENGTH, MalformedKey, Plaintext

signing_keys = st.binary(min_size=32, max_size=64)
rings = st.lists(signing_keys, min_size=1, max_size=4, unique=True)
positions = st.integers(0, LENGTH - 1)
# Characters that may travel in a header but stand in no key, and some that may not.
characters = st.sampled_from(ALPHABET + "!~+/=-_. \t\n\0é\uff10")

RING = [bytes(range(32))]


@given(rings, st.data())
def test_a_key_of_any_signing_key_of_the_ring_is_recognized(ring, data):
    made = keyformat.generate(data.draw(st.sampled_from(ring)))
    assert keyformat.parse(made.plaintext, ring) == made


@given(signing_keys)
def test_a_key_is_103_plain_characters(signing_key):
    text = keyformat.generate(signing_key).plaintext
    assert len(text) == 103
    assert text.startswith("dtvi_")
    assert set(text.removeprefix("dtvi_")) <= set(ALPHABET)
    assert text.isascii()


def test_the_alphabet_is_digits_and_letters():
    assert len(ALPHABET) == len(set(ALPHABET)) == 62
    assert all(char.isascii() and char.isalnum() for char in ALPHABET)


@given(positions, characters)
def test_a_key_with_one_changed_character_is_refused(position, character):
    text = keyformat.generate(RING[0]).plaintext
    changed = text[:position] + character + text[position + 1 :]
    if changed != text:
        with pytest.raises(MalformedKey):
            keyformat.parse(changed, RING)


@given(positions)
def test_a_key_with_one_character_missing_is_refused(position):
    text = keyformat.generate(RING[0]).plaintext
    with pytest.raises(MalformedKey):
        keyformat.parse(text[:position] + text[position + 1 :], RING)


@given(st.integers(0, LENGTH), characters)
def test_a_key_with_one_character_too_many_is_refused(position, character):
    text = keyformat.generate(RING[0]).plaintext
    with pytest.raises(MalformedKey):
        keyformat.parse(text[:position] + character + text[position:], RING)


@given(st.text())
def test_no_other_text_is_a_key(text):
    with pytest.raises(MalformedKey):
        keyformat.parse(text, RING)


@given(signing_keys.filter(lambda key: key not in RING))
def test_a_key_of_another_server_is_refused(foreign):
    with pytest.raises(MalformedKey):
        keyformat.parse(keyformat.generate(foreign).plaintext, RING)


def test_an_empty_ring_refuses_every_key():
    with pytest.raises(MalformedKey):
        keyformat.parse(keyformat.generate(RING[0]).plaintext, [])


@given(signing_keys, signing_keys)
def test_keys_outlive_a_newer_signing_key_until_theirs_leaves(old, new):
    made = keyformat.generate(old)
    assert keyformat.parse(made.plaintext, [new, old]) == made
    if new != old:
        with pytest.raises(MalformedKey):
            keyformat.parse(made.plaintext, [new])


@given(signing_keys)
def test_anybody_can_recompute_the_check(signing_key):
    text = keyformat.generate(signing_key).plaintext
    digits = [ALPHABET.index(char) for char in text[-6:]]
    number = sum(digit * 62**place for place, digit in enumerate(reversed(digits)))
    assert number == zlib.crc32(text[:-6].encode())


@given(signing_keys)
def test_a_key_never_shows_itself_in_a_repr(signing_key):
    made = keyformat.generate(signing_key)
    for shown in (repr(made), repr(made.plaintext), f"{made.plaintext!r}", str([made])):
        assert made.plaintext[12:] not in shown
        assert made.plaintext[:11] in shown


def test_two_keys_share_nothing_but_the_prefix():
    made = {keyformat.generate(RING[0]).plaintext for _ in range(1000)}
    assert len({text[:21] for text in made}) == 1000
    assert len({text[21:85] for text in made}) == 1000


@given(signing_keys)
def test_the_stem_is_what_the_client_prints(signing_key):
    made = keyformat.generate(signing_key)
    shown = repr(SecretKeyAuth(secret_key=str(made.plaintext), organization_id="x"))
    assert keyformat.stem(made.key_id) in shown
    assert made.plaintext[:12] not in shown


@given(st.text(), st.text(), st.lists(signing_keys, min_size=1, max_size=3))
def test_redacting_leaves_stems_of_whole_keys_in_any_text(before, after, ring):
    keys = [keyformat.generate(signing_key).plaintext for signing_key in ring]
    redacted = keyformat.redact(before + after.join(keys) + after)
    for key in keys:
        assert key[:11] in redacted
        assert key[12:] not in redacted
        assert key[21:85] not in redacted


@given(st.integers(22, LENGTH), st.sampled_from(["", " ", '"', "\n", "…", "'}"]))
def test_redacting_cuts_a_cut_off_key_that_holds_secret_characters(length, after):
    text = keyformat.generate(RING[0]).plaintext[:length]
    assert keyformat.redact(f"key={text}{after}") == f"key={text[:11]}…{after}"


@given(st.text().filter(lambda text: "dtvi_" not in text))
def test_redacting_leaves_other_text_alone(text):
    assert keyformat.redact(text) == text


def test_redacting_leaves_key_ids_readable():
    made = keyformat.generate(RING[0])
    for text in (made.key_id, "dtvi_" + made.key_id, keyformat.stem(made.key_id)):
        assert keyformat.redact(f"removed {text}.") == f"removed {text}."


@given(st.text(max_size=20))
def test_only_16_plain_characters_are_a_key_id(text):
    plain = len(text) == 16 and set(text) <= set(ALPHABET)
    assert keyformat.is_key_id(text) is plain
    assert keyformat.is_key_id(keyformat.generate(RING[0]).key_id)


def test_a_plaintext_is_still_the_text_where_it_must_be_sent():
    text = Plaintext("dtvi_0123456789")
    assert f"{text}" == "dtvi_0123456789"
    assert str(text).encode() == b"dtvi_0123456789"
