"""Scrubbing of messages: which text is removed, and which is kept."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel.text.scrubbing import scrub

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

REMOVED = [
    ("no user ann.b+x@mail.example.org", "no user [email]"),
    ("no user ann%40example.org", "no user [email]"),
    (
        "GET https://u:p@api.example.org:80/a?q=1#f failed",
        "GET https://[credentials]@api.example.org:80/a?[query] failed",
    ),
    ("postgres://app:s3c/r@t?@db:5432/x", "postgres://[credentials]@db:5432/x"),
    ("redis://:hunter2@cache/0", "redis://[credentials]@cache/0"),
    ("amqp://token@mq", "amqp://[credentials]@mq"),
    ("at http://x/y#access_token=abc", "at http://x/y#[fragment]"),
    ("Authorization: Bearer abc.DEF123ghi", "Authorization: [credential]"),
    ("{'Authorization': 'Basic YW5uOmh1bnRlcjI='}", "{'Authorization': [credential]}"),
    ("sent Bearer abcDEF123ghi away", "sent Bearer [credential] away"),
    ("{'password': 'hunter 2', 'token': \"abc\"}", "{'password': [secret], 'token': [secret]}"),
    ('{\\"password\\": \\"x y\\"}', '{\\"password\\": [secret]}'),
    ("password=hunter2&x=1", "password=[secret]&x=1"),
    ("DB_PASSWORD=hunter2", "DB_PASSWORD=[secret]"),
    ("client_secret => hunter2", "client_secret => [secret]"),
    ("api-key: k", "api-key: [secret]"),
    ("Server=x;Pwd=abc;Database=y", "Server=x;Pwd=[secret];Database=y"),
    ("host=db user=app password=x y", "host=db user=app password=[secret] y"),
    ("Cookie: sessionid=abc; csrftoken=y", "Cookie: [cookie]"),
    (f"expired {JWT}.", "expired [jwt]"),
    ("bad ghp_0123456789abcdefABCDEF0123456789abcd", "bad [token]"),
    ("bad sk-proj-abcdef0123456789", "bad [token]"),
    ("key AKIAIOSFODNN7EXAMPLE denied", "key [token] denied"),
    ("blob Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A=", "blob [token]"),
    ("card 4111 1111 1111 1111 declined", "card [card] declined"),
    ("card 5500-0000-0000-0004", "card [card]"),
    ("refused from 8.8.8.8", "refused from [ip]"),
    ("refused from 2001:4860:4860::8888.", "refused from [ip]."),
    (
        "Invalid HTTP_HOST header: 'evil.com'. You may need to add 'evil.com' to ALLOWED_HOSTS.",
        "Invalid HTTP_HOST header: '[host]'. You may need to add '[host]' to ALLOWED_HOSTS.",
    ),
    ("DETAIL:  Key (name)=(Ann O'Hara) already exists.", "DETAIL:  Key (name)=([value]) already exists."),
    ("DETAIL:  Failing row contains (1, Ann, null).", "DETAIL:  Failing row contains ([value])"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nbad", "[key]\nbad"),
]
KEPT = [
    "out of stock",
    "basic authentication required",
    "Bearer transportation",
    "max_tokens: 4096, token_count=12",
    "commit 356a192b7913b04c54574d18c28d46e6395428ab not found",
    "job 0190f5b0-7d1e-7cc0-8a6b-5f1e7a2b3c4d at 12:30:45",
    "connection to 10.0.0.5:5432 and ::1 refused",
    "see http://wiki:8080/path/@me",
    "'NoneType' object has no attribute 'email'",
    "order 1234567890123456 is late",
    "test_something_with_a_rather_long_name_indeed_2",
]


@pytest.mark.parametrize(("text", "scrubbed"), REMOVED)
def test_a_marker_says_what_was_removed(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed
    assert scrub(scrubbed) == scrubbed


@pytest.mark.parametrize("text", KEPT)
def test_harmless_text_is_kept(text: str) -> None:
    assert scrub(text) == text


pieces = st.sampled_from(
    [
        *[text for text, _ in REMOVED],
        *KEPT,
        *"\"'=:@.?#/[]{}()\\ \n",
        "[secret]",
        "password",
        "token",
        "://",
        "eyJ",
    ]
)


@given(st.lists(pieces | st.text(max_size=20), max_size=12).map("".join))
@example("authorization:[credential]]")
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@given(st.lists(pieces, min_size=1, max_size=5).map(" ".join), st.integers(1, 400))
def test_a_long_message_is_cut_once(text: str, times: int) -> None:
    once = scrub(text * times)
    assert len(once) <= 4_000
    assert scrub(once) == once


WORDS = [
    "a",
    "password",
    'password="',
    "token_",
    "token ",
    "bearer ",
    "authorization: ",
    "cookie=",
    "HTTP_HOST header: '",
]
MARKS = [
    "a@",
    "a.b-",
    "eyJ-",
    "://a:",
    "1 ",
    "1",
    "x@1.1.",
    "ab:",
    "1.",
    "_",
    ")=(",
    "%40",
    " ",
    '\\"',
    "-----BEGIN KEY-----",
]


@pytest.mark.parametrize("piece", [*WORDS, *MARKS])
def test_hostile_text_takes_no_longer_than_any_other(piece: str) -> None:
    started = time.process_time()
    scrub(piece * (1_000_000 // len(piece)))
    # At most about 30 ms; quadratic time would take minutes.
    assert time.process_time() - started < 2
