"""The choice of the parser: by the SDK's language, or else by the text's shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from otel.exceptions._model import ExceptionInfo
from otel.exceptions.languages.dotnet import parse_dotnet
from otel.exceptions.languages.elixir import parse_elixir
from otel.exceptions.languages.go import parse_go
from otel.exceptions.languages.java import parse_java
from otel.exceptions.languages.javascript import parse_node, parse_web
from otel.exceptions.languages.php import parse_php
from otel.exceptions.languages.ruby import parse_ruby
from otel.exceptions.languages.rust import parse_rust

__all__ = ["has_modules", "parse_foreign"]

Parser = Callable[[str], tuple[ExceptionInfo, ...]]

# The values of `telemetry.sdk.language` (semantic conventions, resource). Swift's and C++'s cannot be read.
_BY_LANGUAGE: Mapping[str, Parser] = {
    "dotnet": parse_dotnet,
    "erlang": parse_elixir,
    "go": parse_go,
    "java": parse_java,
    "nodejs": parse_node,
    "php": parse_php,
    "ruby": parse_ruby,
    "rust": parse_rust,
    "webjs": parse_web,
}
# In this order: each shape excludes those before it.
_JAVA_FILE = r"[^\n()]{1,300}\.(?:java|kt|scala|groovy|clj)(?::\d+)?|Native Method|Unknown Source"
_BY_SHAPE: tuple[tuple[re.Pattern[str], Parser], ...] = tuple(
    (re.compile(shape, re.MULTILINE), parser)
    for shape, parser in (
        (r"^goroutine \d+ \[", parse_go),
        (r"^#0 ", parse_php),
        (r"^\*\* \([\w.]+\)", parse_elixir),
        (r"^[ \t]+at [^\n(]{1,300}\([^\n()]{0,300}\.php(?::\d+)?\)", parse_php),
        (rf"^[ \t]+at [^\n(]{{1,300}}\((?:{_JAVA_FILE})\)", parse_java),
        (r"^   at [^\n(]{1,300}\([^\n]{0,300}\) in [^\n]{1,300}:line \d+", parse_dotnet),
        (r"^[ \t]+\d+: [^\n]{1,300}\n[ \t]+at [^\n]{1,300}\.rs:\d+", parse_rust),
        (r"^(?:[ \t]+from )?[^\n:]{1,300}:\d+:in [`']", parse_ruby),
        (r"^[ \t]+at [^\n]{0,300}https?://", parse_web),
        (r"^[ \t]+at [^\n]{1,300}:\d+:\d+\)?$", parse_node),
        (r"^[^\n@]{0,300}@https?://[^\n]{1,300}:\d+", parse_web),
    )
)

# The languages whose types begin with the path of a module, as Python's do.
_WITH_MODULES = frozenset({"", "dotnet", "java", "python"})

# The shape shows within the first frames.
_LOOKED_AT = 20_000


def parse_foreign(text: str, language: str) -> tuple[ExceptionInfo, ...]:
    """Return the exceptions of a stack trace, outermost first; none if it cannot be read.

    Args:
        text: the event's `exception.stacktrace`.
        language: the resource's `telemetry.sdk.language`; empty if unknown.
    """
    text = text.replace("\r\n", "\n")
    if language:
        parser = _BY_LANGUAGE.get(language)
        return () if parser is None else parser(text)
    beginning = text[:_LOOKED_AT]
    for shape, parser in _BY_SHAPE:
        if shape.search(beginning):
            return parser(text)
    return ()


def has_modules(language: str) -> bool:
    """Whether the language's types begin with the path of a module.

    Args:
        language: as for `parse_foreign`.
    """
    return language in _WITH_MODULES
