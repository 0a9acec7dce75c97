"""Patterns of secrets and personal data in a message, and the markers that replace them.

Every pattern runs in linear time: either a lookbehind makes it start only at the beginning of a run of
characters, or the repetition is bounded.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["MAX_MESSAGE", "RULES", "Rule", "scrub"]


class Rule(NamedTuple):
    """A pattern and its replacement.

    Args:
        needle: the text that must be present for the pattern to be tried, so that most messages skip most
            patterns.
        pattern: the text to remove.
        replacement: the marker, or a function that returns it.
    """

    needle: str
    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]


# Longer than any word that follows `bearer` or `token` in prose.
_LONGEST_WORD = 24
# Names such as `Sha256WithRsaEncryption2` have fewer digits than this.
_FEWEST_DIGITS = 4
_HOST_AND_PORT = re.compile(r"[^:@]*(?::\d*)?")

# A value that is already a marker is kept, so that scrubbing twice changes nothing.
_UNMARKED = r"(?!\[[a-z]{2,12}\])"
_QUOTED = r"""\\?"[^"\n]{0,4000}(?:"|$)|\\?'[^'\n]{0,4000}(?:'|$)"""
_ASSIGNED = r"""\\?["']?\s{0,3}+(?>=>|[=:])\s{0,3}+"""
_NAMES_OF_SECRETS = (
    r"passw(?:or)?d|passphrase|passcode|pwd|secret|credentials?|session_?id|csrf|signature"
    r"|token(?!s|iz|_count)"  # language models count tokens
    r"|(?:api|access|private|signing|client)[_ -]?key"
    r"|(?<![a-z0-9])(?:auth|dsn|jwt|otp|pin|sig)"
)
_PREFIXES_OF_TOKENS = (
    r"gh[oprsu]_|github_pat_|glpat-|npm_|pypi-|hf_|dckr_pat_"
    r"|xox[abeoprs]-|sk-|[sr]k_(?:live|test)_|whsec_|ph[cxs]_|lin_api_|shp(?:at|ca|ss)_"
    r"|AT[AC]TT|ya29\.|AIza|SG\."
)


def _url(found: re.Match[str]) -> str:
    """Return a URL without user information, query and fragment."""
    rest = found[0][3:]
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    user = ""
    if "@" in rest[:end]:
        rest, user = rest[rest.rfind("@", 0, end) + 1 :], "[credentials]@"
    elif "@" in rest and not _HOST_AND_PORT.fullmatch(rest[:end]):
        # A password with an unescaped slash, question mark or hash.
        rest, user = rest.rpartition("@")[2], "[credentials]@"
    path, question, query = rest.partition("?")
    path, hash_, fragment = path.partition("#")
    if fragment:
        return f"://{user}{path}#[fragment]"
    return f"://{user}{path}{'?[query]' if query else question + hash_}"


def _credential(found: re.Match[str]) -> str:
    """Return a scheme without its credential; prose such as `basic authentication` is kept."""
    scheme, gap, word = found.groups()
    is_mixed = any(c.isdigit() for c in word) or (word[1:] != word[1:].lower() and word != word.upper())
    return f"{scheme}{gap}[credential]" if is_mixed or len(word) > _LONGEST_WORD else found[0]


def _token(found: re.Match[str]) -> str:
    """Return a marker for a random token; long names and hashes are kept."""
    word = found[0]
    is_random = sum(map(str.isdigit, word)) >= _FEWEST_DIGITS and word not in (word.lower(), word.upper())
    return "[token]" if is_random else word


def _card(found: re.Match[str]) -> str:
    digits = [int(c) for c in found[0] if c.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return "[card]" if (sum(digits[::-2]) + sum(doubled)) % 10 == 0 else found[0]  # Luhn (ISO/IEC 7812-1)


def _address(found: re.Match[str]) -> str:
    """Return a marker for a public IP address, which can be a visitor's; private addresses are kept."""
    try:
        return "[ip]" if ipaddress.ip_address(found[0]).is_global else found[0]
    except ValueError:
        return found[0]


RULES = (
    # Django's DisallowedHost quotes the host that a client sent.
    Rule("HTTP_HOST", re.compile(r"(HTTP_HOST header: )(['\"])[^'\"\n]*\2"), r"\1\2[host]\2"),
    Rule(
        "ALLOWED_HOSTS",
        re.compile(r"(need to add )(['\"])[^'\"\n]{0,4000}\2( to ALLOWED_HOSTS)"),
        r"\1\2[host]\2\3",
    ),
    # PostgreSQL quotes rows: `Key (email)=(ann@example.org) already exists`.
    Rule(")=(", re.compile(r"\)=\([^\n]{0,1000}?\)(?=[^)]|$)"), ")=([value])"),
    Rule("Failing row", re.compile(r"(Failing row contains )\([^\n]*"), r"\1([value])"),
    Rule(
        "-----BEGIN",
        re.compile(r"-----BEGIN [A-Z ]{0,40}KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}KEY-----|\Z)"),
        "[key]",
    ),
    Rule("://", re.compile(r"://[^\s'\"<>`]*"), _url),
    Rule("eyJ", re.compile(r"(?<![\w.-])eyJ[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]*+)*"), "[jwt]"),
    Rule(
        "",
        re.compile(rf"(?i)(\bauthorization{_ASSIGNED}){_UNMARKED}(?:{_QUOTED}|[^\n'\"]+)"),
        r"\1[credential]",
    ),
    Rule(
        "",
        re.compile(rf"(?i)(\b(?:set-)?cookies?{_ASSIGNED}){_UNMARKED}(?:{_QUOTED}|[^\n]+)"),
        r"\1[cookie]",
    ),
    Rule(
        "",
        re.compile(r"(?i)\b(basic|bearer|token|digest|negotiate|apikey)([\s:'\"]{1,4})([\w.~+/=-]{6,})"),
        _credential,
    ),
    Rule(
        "",
        re.compile(
            rf"(?i)((?:{_NAMES_OF_SECRETS})(?:[_-]?\w){{0,20}}?{_ASSIGNED}){_UNMARKED}"
            rf"(?:{_QUOTED}|[^\s,;&)}}\]'\"]+)"
        ),
        r"\1[secret]",
    ),
    Rule("", re.compile(rf"(?<![\w-])(?:{_PREFIXES_OF_TOKENS})[\w.=-]{{8,}}"), "[token]"),
    Rule("A", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "[token]"),
    Rule(
        "@",
        re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?:[\w-]++\.)+(?:[^\W\d_]{2,}+|xn--[\w-]++)"),
        "[email]",
    ),
    Rule("%40", re.compile(r"(?<![\w.+-])[\w.+-]++%40[\w.-]++"), "[email]"),
    Rule("", re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?![ -]?\d)"), _card),
    Rule(".", re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)"), _address),
    Rule(":", re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"), _address),
    Rule("", re.compile(r"(?a)(?<![\w+=-])[\w+=-]{32,}+"), _token),
)


# An issue shows the first lines of its message; 50 messages of this length fit into one event.
MAX_MESSAGE = 4_000


# The text that one rule or a cut leaves may match another rule, so the rules run until nothing changes;
# nearly every message takes two passes.
_MAX_PASSES = 8


def scrub(text: str, most: int = MAX_MESSAGE) -> str:
    """Return a message without secrets and personal data.

    Args:
        text: a message. Scrubbing a scrubbed message changes nothing.
        most: the maximum length of the result, in characters.
    """
    for _ in range(_MAX_PASSES):
        before = text
        # Twice the length of the result: a secret that begins before the cut below is seen whole.
        text = text[: 2 * most]
        for rule in RULES:
            if rule.needle in text:
                text = rule.pattern.sub(rule.replacement, text)
        if len(text) > most:
            text = _without_half_a_word(text[:most])
        if text == before:
            break
    return text


def _without_half_a_word(text: str) -> str:
    """Return the text without its last word, which may be half of a secret or of a marker."""
    start = max(text.rfind(" "), text.rfind("\n"))
    return text[: max(start, len(text) // 2)].rstrip()
