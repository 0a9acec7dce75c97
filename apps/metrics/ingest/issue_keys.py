"""Detecting the Jira issue that a pull request belongs to."""

from __future__ import annotations

import re

__all__ = ["issue_key"]

# Jira's keys are in capitals; Jira itself does not recognize other spellings in branches and titles.
_KEY = re.compile(r"(?<![A-Za-z0-9-])(?P<project>[A-Z][A-Z0-9_]{1,19})-[1-9][0-9]{0,9}(?![A-Za-z0-9_])")

# Prefixes of standards, algorithms and models, which look like issue keys in a title.
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
    """Return the first issue key in the title, else in the branch name, else "".

    Args:
        title: the pull request's title.
        branch: the name of the pull request's branch.
    """
    found = (match for text in (title, branch) for match in _KEY.finditer(text))
    return next((match[0] for match in found if match["project"] not in _NO_PROJECTS), "")
