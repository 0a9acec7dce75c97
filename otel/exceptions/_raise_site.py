"""The raise site, which identifies an exception that is known only as text."""

from __future__ import annotations

from collections.abc import Sequence

from otel.exceptions._model import ExceptionInfo

__all__ = ["raise_site"]


def raise_site(exceptions: Sequence[ExceptionInfo]) -> str:
    """Return where the outermost exception of a chain was raised: its type, file, line and function.

    It is the same for the live exception and for its text, wherever the text's outer frames begin. Without
    frames, the message takes their place.

    Args:
        exceptions: a chain, outermost first.
    """
    if not exceptions:
        return ""
    outermost = exceptions[0]
    # Some log handlers write a class without its module.
    name = outermost.type_name.rpartition(".")[2]
    if not outermost.frames:
        return f"{name}: {outermost.message}"
    last = outermost.frames[-1]
    return f"{name} at {last.filename}:{last.lineno} in {last.function}"
