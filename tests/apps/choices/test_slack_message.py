"""Message of the weekly digest, for any names of people and pull requests."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.integrations.digest.message import MergedPull, Message, Week, compose

texts = st.text(max_size=400) | st.sampled_from(
    ["<!channel>", "<@U1>", "a & b", "<https://evil.example|click>", "&lt;", "| >", "=HYPERLINK()"]
)
names = texts.filter(bool)
counts = st.lists(st.tuples(names, st.integers(1, 10**6)), max_size=30)
shares = st.none() | st.floats(0, 100)
pulls = st.lists(
    st.builds(
        MergedPull,
        title=texts,
        url=st.integers(1, 99).map(lambda number: f"https://github.example/a/b/pull/{number}"),
        author=names,
    ),
    max_size=40,
)
weeks = st.builds(Week, merged=counts, reviewed=counts, ai_share=shares, ai_share_before=shares, asked=pulls)

OUR_LINK = re.compile(r"<https://github\.example/a/b/pull/\d+\|[^<>]*>")


def _sections(message: Message) -> list[str]:
    return [block["text"]["text"] for block in message.blocks if block["type"] == "section"]


@given(team_name=st.text(max_size=100), week=weeks)
def test_nothing_that_people_write_becomes_a_mention_or_a_link(team_name: str, week: Week) -> None:
    message = compose(team_name, week)
    if message is None:
        return

    for text in (*_sections(message), message.text):
        rest = OUR_LINK.sub("", text)
        assert "<" not in rest
        assert ">" not in rest
        assert re.findall(r"&(?!amp;|lt;|gt;)", text) == []


@given(week=weeks)
def test_the_message_fits_slacks_limits_however_much_happened(week: Week) -> None:
    message = compose("Acme", week)

    is_empty = not (week.merged or week.reviewed or week.asked) and week.ai_share is None
    assert (message is None) is is_empty
    if message is not None:
        header: dict[str, Any] = message.blocks[0]["text"]
        assert header["type"] == "plain_text"
        assert len(header["text"]) <= 150
        assert 2 <= len(message.blocks) <= 50
        assert all(len(text) <= 3000 for text in _sections(message))


@given(asked=pulls)
def test_each_pull_request_is_linked_or_counted(asked: list[MergedPull]) -> None:
    message = compose("Acme", Week(asked=asked))
    if message is None:
        assert asked == []
        return

    (text,) = _sections(message)
    left = re.search(r"^and (\d+) more$", text, re.MULTILINE)
    assert len(OUR_LINK.findall(text)) + (int(left[1]) if left else 0) == len(asked)


@given(week=weeks)
def test_notifications_show_the_same_words(week: Week) -> None:
    message = compose("Acme & Söhne", week)

    if message is not None:
        assert message.text == "\n\n".join(["Acme &amp; Söhne: last week", *_sections(message)])


def test_a_complete_message_reads_as_expected() -> None:
    message = compose(
        "Acme",
        Week(
            merged=[("ada", 5), ("grace", 1)],
            reviewed=[("grace", 4)],
            ai_share=42.0,
            ai_share_before=37.0,
            asked=[MergedPull(title="Wind the\nengine <fast>", url="https://github.example/1", author="ada")],
        ),
    )

    assert message is not None
    assert _sections(message) == [
        "*Most pull requests merged*\nada: 5\ngrace: 1",
        "*Most pull requests reviewed*\ngrace: 4",
        "*AI*\nAI helped with 42 % of the new pull requests, 5 points more than 37 % the week before.",
        (
            "*Did AI help?*\nAuthors, tell us in this thread:\n"
            "• <https://github.example/1|Wind the engine &lt;fast&gt;> by ada"
        ),
    ]
