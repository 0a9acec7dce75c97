"""Strings without lone surrogates, compared with Python's own codecs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from otel.text.unicode import MAX_STRING, first_bytes, is_unicode, replace_surrogates, to_valid_text

# Mostly surrogates, high and low, so that pairs and lone ones meet.
texts = st.text(st.sampled_from("a\u00e9\U0001f388\ud800\udbff\udc00\udfff") | st.characters(), max_size=30)


@given(texts)
def test_a_lone_surrogate_is_replaced_as_a_decoder_of_utf_16_replaces_it(text: str) -> None:
    decoded = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert replace_surrogates(text) == decoded
    assert is_unicode(decoded)


@given(texts)
def test_text_that_utf_8_can_encode_stays_as_it_is(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        assert not is_unicode(text)
    else:
        assert is_unicode(text)
        assert replace_surrogates(text) == to_valid_text(text) == text


@given(texts.map(replace_surrogates), st.integers(0, 40))
def test_the_first_bytes_are_whole_characters(text: str, most: int) -> None:
    start = first_bytes(text, most)
    assert text.startswith(start)
    assert len(start.encode()) <= most
    rest = text[len(start) :]
    assert not rest or len((start + rest[0]).encode()) > most


def test_a_long_text_ends_with_an_ellipsis() -> None:
    assert to_valid_text("x" * MAX_STRING) == "x" * MAX_STRING
    assert to_valid_text("x" * (MAX_STRING + 1)) == "x" * (MAX_STRING - 1) + "…"
