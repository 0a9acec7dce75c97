"""Qualified type names: their split into module and class, and the types that only wrap another exception."""

from __future__ import annotations

from itertools import takewhile

__all__ = ["is_carrier", "qualified", "quoted_traceback", "split_type", "with_notes"]

# Types that carry an exception's traceback out of a worker process: their message is the text between triple
# quotes. Celery passes the types of billiard to its signals.
_CARRIERS = frozenset(
    {
        "billiard.einfo.ExceptionWithTraceback",
        "billiard.einfo.RemoteTraceback",
        "concurrent.futures.process._RemoteTraceback",
        "multiprocessing.pool.RemoteTraceback",
    }
)
_OPENING, _CLOSING = '"""\n', '\n"""'


def is_carrier(type_name: str) -> bool:
    """Whether a type only carries another exception's traceback.

    Args:
        type_name: the qualified name, with its module.
    """
    return type_name in _CARRIERS


def quoted_traceback(message: str) -> str:
    """Return the traceback that a carrier's message quotes.

    Args:
        message: the carrier's message, possibly truncated.
    """
    text = message[message.find(_OPENING) + len(_OPENING) :] if _OPENING in message else message
    end = text.rfind(_CLOSING)
    return text if end < 0 else text[: end + 1]


def qualified(module: str, type_name: str) -> str:
    """Return a type's name as OpenTelemetry writes it to `exception.type`.

    Args:
        module: the module of the type; empty for builtins.
        type_name: the qualified name within the module.
    """
    return f"{module}.{type_name}" if module else type_name


def with_notes(message: str, notes: str) -> str:
    """Return a message with the notes of its exception (PEP 678), as `traceback` prints them.

    Args:
        message: the exception's.
        notes: one after the other, in lines.
    """
    return f"{message}\n{notes}" if message and notes else message or notes


def split_type(name: str) -> tuple[str, str]:
    """Return the module and the qualified name of a type.

    The text does not mark the boundary, so it is guessed: classes are capitalized and modules are not (PEP
    8), and `<locals>` follows the function that encloses a local class. A dotted name always has a module.

    Args:
        name: the full name, such as `pkg.errors.Outer.Inner`.
    """
    parts = name.removeprefix("__main__.").split(".")  # `traceback` omits it
    if len(parts) == 1:
        return "", parts[0]
    if "<locals>" in parts:
        enclosing = parts[: max(parts.index("<locals>") - 1, 0)]
        methods_class = len(list(takewhile(_is_class, reversed(enclosing))))
        at = len(enclosing) - methods_class
    else:
        at = len(parts) - max(len(list(takewhile(_is_class, reversed(parts)))), 1)
        at = max(at, 1)
    return ".".join(parts[:at]), ".".join(parts[at:])


def _is_class(part: str) -> bool:
    return part.lstrip("_")[:1].isupper()
