"""Parser for a declaration's docstring: the event's summary, and each property's text under `Args:`."""

from __future__ import annotations

import inspect

__all__ = ["argument_texts", "summary"]

_ARGUMENTS = "Args:"


def summary(cls: type) -> str:
    """Return the part of a class's own docstring that precedes the arguments.

    Args:
        cls: a declared dataclass.
    """
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    # A dataclass without a docstring gets its signature as docstring.
    return "" if text.startswith(f"{cls.__name__}(") else text.partition(_ARGUMENTS)[0].strip()


def argument_texts(cls: type) -> dict[str, str]:
    """Return the text for each argument in the docstrings of a class and its bases.

    Args:
        cls: any class with Google-style docstrings.
    """
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        own = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition(f"\n{_ARGUMENTS}\n")[2]
        texts.update(_arguments(own))
    return texts


def _arguments(block: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        indent = len(line) - len(line.lstrip())
        if indent == 4:
            name, _, text = line.strip().partition(":")
            texts[name] = text.strip()
        elif indent > 4 and name:
            texts[name] = f"{texts[name]} {line.strip()}"
        elif line:
            break
    return texts
