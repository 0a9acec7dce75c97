"""Stack traces of Elixir and Erlang."""

from __future__ import annotations

import re

from otel.exceptions._model import ExceptionInfo, Frame
from otel.exceptions.languages._text import Section, finished, lines_of, new_frame

__all__ = ["parse_elixir"]

_HEADER = re.compile(r"\*\* \(([\w.]+)\) ?(.*)$")
# `(shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.load/1`
_FRAME = re.compile(r"\s+(?:\(([\w@-]+)(?: [^)]*)?\) )?([^\s:()]+):(\d+): (\S.*)$")
# `(elixir 1.16.0) Enum.map/2` or `:erlang.binary_to_integer("x")`: often, code of the platform has no place.
_PLACELESS = re.compile(
    r"\s+(?:\(([\w@-]+)(?: [^)]*)?\) )?"
    r"((?:anonymous fn/\d+ in )?(?::\w+|[A-Z][\w.]*)\.[^\s(]+(?:/\d+|\(.*\)))$"
)
# `{shop,load,1,[{file,"src/shop.erl"},{line,12}]}`
_ERLANG = re.compile(r"\{'?([\w.@]+)'?,'?([^,'{}\[\]]+)'?,(\d{1,3}),\[\{file,\"([^\"]*)\"\},\{line,(\d+)\}")
# The applications of the platform and its common servers: the path of a dependency looks like the program's.
_FOREIGN = re.compile(
    r"(?:elixir|eex|ex_unit|iex|logger|mix|stdlib|kernel|erts|phoenix\w*|plug\w*|ecto\w*|bandit|cowboy\w*|ranch"
    r"|thousand_island|db_connection|postgrex|telemetry\w*|opentelemetry\w*|oban|absinthe\w*)$"
)


def parse_elixir(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the exception of a stack trace.

    Args:
        text: as `Exception.format` writes it, or Erlang's term of a stack.
    """
    section = Section("")
    for line in lines_of(text):
        if found := _FRAME.match(line):
            section.frames.append(_frame(found[1] or "", found[2], int(found[3]), found[4]))
        elif placeless := _PLACELESS.match(line):
            section.frames.append(_frame(placeless[1] or "", "", 0, placeless[2]))
        elif header := _HEADER.match(line):
            section.type_name, section.message = header[1], header[2]
        elif section.type_name:
            section.add_text(line)
    if not section.frames:
        section.frames = [_term_frame(found) for found in _ERLANG.finditer("\n".join(lines_of(text)))]
    return finished([section]) if section.frames else ()


def _frame(application: str, filename: str, lineno: int, function: str) -> Frame:
    is_runtime = not application and function.startswith(":")
    return new_frame(
        filename,
        lineno,
        function,
        application,
        platform="custom",
        lang="elixir",
        in_app=not (is_runtime or _FOREIGN.match(application)),
    )


def _term_frame(found: re.Match[str]) -> Frame:
    module, function, arity, filename, lineno = found.groups()
    return new_frame(
        filename,
        int(lineno),
        f"{module}:{function}/{arity}",
        module,
        platform="custom",
        lang="elixir",
        in_app="/" in filename,  # OTP's own modules are compiled in their folder
    )
