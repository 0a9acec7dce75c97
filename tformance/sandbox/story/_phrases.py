"""The texts that people write: titles, descriptions, branch names and commit messages."""

from __future__ import annotations

import re
from random import Random

__all__ = ["UNUSUAL_TITLES", "body", "branch_of", "commit_subject", "dependency_title", "title"]

_DID = ("Add", "Fix", "Speed up", "Simplify", "Document", "Test", "Remove", "Rename", "Retry", "Cache")
_WHAT = {
    "engine": ("the mill's carry", "anticipating carriage", "the store's columns", "operation cards",
               "Bernoulli numbers", "the barrel controller", "overflow at 50 digits", "the bell on error"),
    "loom": ("the warp tension", "pattern previews", "thread colours", "the shuttle's timing",
             "double weave", "pattern import", "the selvedge", "card order"),
    "notes": ("Note G", "the diagram of development", "the glossary", "a chapter on loops",
              "footnotes", "links between notes", "the search index"),
    "cards": ("torn cards", "the card reader", "both sides of a card", "card stock 12", "the hopper",
              "checksums of decks"),
    "tables": ("logarithms of primes", "the fifth difference", "rounding of tables", "the proof run"),
    "press": ("the type wheel", "ink levels", "page margins", "the paper feed"),
}  # fmt: skip
_HOW = ("", "", "", "", " for long runs", " when the store is full", ", again", " (part 2)", " on start",
        " without a restart", " behind a switch")  # fmt: skip
_WHY = (
    "Found while looking at last week's run.",
    "Makes the next step smaller.",
    "Two people have stumbled over this.",
    "No change in behaviour.",
    "Before: 40 s. After: 6 s.",
)
_AND_THEN = ("Fix the test", "Address review", "wip", "Rename", "More tests", "Fix lint", "Say why")
_DEPENDENCIES = ("brass-fittings", "punch", "gear-ratio", "eslint", "pytest", "urllib3")

# Titles that occur in practice: a comma, quotes, an emoji, a spreadsheet formula, a mention, markup, other
# languages and scripts, and a title of the maximum length at GitHub.
UNUSUAL_TITLES = (
    "=SUM(A1:A9) in a cell breaks the card export",
    "@charles asked for it: a bell, a whistle, and a lamp",
    'Say "carry", not "borrow", in messages',
    "🚀 Faster cards, fewer jams",
    "+1 retry for the hopper",
    "-1 is no column",
    "Escape <script>alert('engine')</script> in notes",
    "Zahlen mit Komma: 3,14 → 3.14",
    "計算機の桁あふれを直す",
    "Fix the " + "very " * 46 + "long title",
)


def title(random: Random, repository: str, issue: str) -> str:
    """Return a title.

    Args:
        random: the source of randomness.
        repository: the repository's name, which selects the topics.
        issue: the Jira issue key for the title; empty for no issue.
    """
    what = random.choice(_WHAT.get(repository, _WHAT["engine"])) + random.choice(_HOW)
    text = f"{random.choice(_DID)} {what}"
    if not issue:
        return random.choice((text, text, text.lower(), f"fix: {what}", f"feat: {text.lower()}"))
    return random.choice((f"{issue}: {text}", f"[{issue}] {text}", f"{issue} {text}", f"{text} ({issue})"))


def dependency_title(random: Random) -> str:
    """Return a title in the style of Dependabot.

    Args:
        random: the source of randomness.
    """
    major, minor = random.randint(0, 9), random.randint(0, 20)
    name = random.choice(_DEPENDENCIES)
    return f"Bump {name} from {major}.{minor}.0 to {major}.{minor + 1}.0"


def body(random: Random, issue: str) -> str:
    """Return a description, which may be empty.

    Args:
        random: the source of randomness.
        issue: the Jira issue key; empty for no issue.
    """
    if random.random() < 0.2:
        return ""
    text = random.choice(_WHY)
    return f"{text}\n\nCloses {issue}." if issue and random.random() < 0.4 else text


def branch_of(title: str) -> str:
    """Return a branch name.

    Args:
        title: the pull request's title.
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:48].strip("-") or "change"


def commit_subject(random: Random) -> str:
    """Return the first line of a commit after the first one.

    Args:
        random: the source of randomness.
    """
    return random.choice(_AND_THEN)
