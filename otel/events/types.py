"""Checks of recorded values against a property's declared type."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from otel.text.unicode import MAX_STRING, to_valid_text

__all__ = [
    "Check",
    "UnsupportedTypeError",
    "WrongType",
    "check_for",
    "describe",
    "holds_list",
]

Check = Callable[[Any], Any]

# The limit for a list: a property of an event is not a table.
MAX_ITEMS = 100
# The range that orjson writes: signed and unsigned 64 bits.
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1
# Languages with one type of number send 3 as 3.0; a larger float may stand for several integers.
_MAX_WHOLE_FLOAT = 2**53


class UnsupportedTypeError(TypeError):
    """Raised by a declaration with a property whose type an event cannot carry."""


class WrongType(ValueError):  # noqa: N818 - control flow inside the mapping, never shown to a person
    """Raised by a check for a value that does not fit the declared type."""


def _text(value: Any) -> str:
    if type(value) is str:
        return value if value.isascii() and len(value) <= MAX_STRING else to_valid_text(value)
    if isinstance(value, str):
        return to_valid_text(str(value))
    raise WrongType


def _integer(value: Any) -> Any:
    if type(value) is int:
        # JSON readers round integers beyond 64 bits; text keeps every digit, and the event.
        return value if _MIN_INT <= value <= _MAX_INT else to_valid_text(hex(value))
    if type(value) is float and value.is_integer() and abs(value) <= _MAX_WHOLE_FLOAT:
        return int(value)
    raise WrongType


def _number(value: Any) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else None  # JSON cannot represent NaN and infinity
    return _integer(value)


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise WrongType


def _choice(options: tuple[Any, ...]) -> Check:
    allowed = frozenset((type(option), option) for option in options)  # by type too, because 1 == True

    def check(value: Any) -> Any:
        try:
            if (type(value), value) in allowed:
                return value
            if type(value) is float and (int, value) in allowed:
                return int(value)
        except TypeError as error:  # not hashable: a list is not one of the choices
            raise WrongType from error
        raise WrongType

    return check


def _list_of(item: Check) -> Check:
    def check(value: Any) -> list[Any]:
        if isinstance(value, list | tuple):
            return [item(one) for one in value[:MAX_ITEMS]]
        raise WrongType

    return check


def _optional(inner: Check) -> Check:
    def check(value: Any) -> Any:
        return None if value is None else inner(value)

    return check


_SCALARS: dict[Any, Check] = {str: _text, int: _integer, float: _number, bool: _boolean}


def check_for(annotation: Any) -> Check:
    """Return the check for a declared type; a check returns the value in its JSON form.

    Args:
        annotation: `str`, `int`, `float`, `bool`, a `Literal`, or a list or tuple of these; each may be
            `Annotated` or `| None`.

    Raises:
        UnsupportedTypeError: for any other type.
    """
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return check_for(args[0])
    if origin is Literal:
        return _choice(args)
    if origin in (Union, types.UnionType) and len(args) == 2 and type(None) in args:
        return _optional(check_for(args[0] if args[1] is type(None) else args[1]))
    if origin is list or (origin is tuple and len(args) == 2 and args[1] is Ellipsis):
        return _list_of(check_for(args[0]))
    msg = f"an event cannot carry {annotation!r}; use str, int, float, bool, Literal or a list of these"
    raise UnsupportedTypeError(msg)


def holds_list(annotation: Any) -> bool:
    """Whether a declared type contains a list.

    Args:
        annotation: a type that `check_for` accepts.
    """
    return get_origin(annotation) in (list, tuple) or any(map(holds_list, get_args(annotation)))


def describe(annotation: Any) -> str:
    """Return the name of a declared type for the catalog and for error messages.

    Args:
        annotation: a type that `check_for` accepts.
    """
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return describe(args[0])
    if origin is Literal:
        return " | ".join(str(option) for option in args)
    if origin in (Union, types.UnionType):
        return " | ".join(describe(arg) for arg in args if arg is not type(None))
    if origin in (list, tuple):
        return f"list of {describe(args[0])}"
    return str(annotation.__name__)
