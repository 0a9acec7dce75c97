"""Finding the Jira issue that a pull request belongs to."""

from __future__ import annotations

import re

__all__ = ["issue_key"]

# As Jira makes them, in capitals; Jira itself finds no others in branches and titles.
_KEY = re.compile(r"(?<![A-Za-z0-9-])(?P<project>[A-Z][A-Z0-9_]{1,19})-[1-9][0-9]{0,9}(?![A-Za-z0-9_])")

# What looks like a key in a title and is a standard, an algorithm or a model.
_NO_PROJECTS = frozenset(
    {
        "AES",
        "CVE",
        "CWE",
        "ECMA",
        "GPT",
        "HTTP",
        "IEEE",
        "ISO",
        "MD",
        "PEP",
        "RFC",
        "RSA",
        "SHA",
        "TLS",
        "UTF",
    }
)


def issue_key(title: str, branch: str) -> str:
    """Return the first issue key in a title, else in a branch's name, else nothing.

    Args:
        title: the pull request's.
        branch: from which it comes.
    """
    found = (match for text in (title, branch) for match in _KEY.finditer(text))
    return next((match[0] for match in found if match["project"] not in _NO_PROJECTS), "")
