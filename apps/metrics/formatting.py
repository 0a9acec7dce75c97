"""Writing figures for people."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

__all__ = ["NOTHING", "Direction", "Unit", "change", "direction", "written"]

Unit = Literal["count", "percent", "hours", "lines"]
Direction = Literal["up", "down", ""]

# What stands for a figure of which nothing is known.
NOTHING = "—"

# Below two hours minutes are easier to read, and from three days on days are.
_MINUTES_BELOW, _DAYS_FROM = 2, 72
# From here on a decimal says nothing that anybody would act on.
_WHOLE_FROM = 10
# Less than this is as before: it would be written as 0 %.
_SAME_BELOW = 0.5
_WHOLE, _TENTHS = Decimal(1), Decimal("0.1")


def written(value: float | None, unit: Unit) -> str:
    """Write a figure with its unit, such as "31 hours".

    Args:
        value: None for one that is not known.
        unit: what it is counted in.
    """
    if value is None:
        return NOTHING
    if unit == "percent":
        return f"{_number(value)} %"
    if unit == "hours":
        return _duration(value)
    return f"{_number(value)} lines" if unit == "lines" else f"{_number(value)}"


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """Write how a figure differs from the one before, such as "22 % less than 31 hours".

    Args:
        now: the figure.
        before: of the period before; None if there is none.
        unit: what both are counted in.
    """
    if now is None or before is None:
        return ""
    if unit == "percent":  # a share of a share misleads
        points = now - before
        if abs(points) < _SAME_BELOW:
            return f"as before: {written(before, unit)}"
        size = _with(int(_rounded(abs(points), _WHOLE)), "point")
        return f"{size} {'more' if points > 0 else 'less'} than {written(before, unit)}"
    if before == 0:
        return "as before: 0" if now == 0 else f"up from {written(before, unit)}"
    percent = 100 * (now - before) / before
    if abs(percent) < _SAME_BELOW:
        return f"as before: {written(before, unit)}"
    size = f"{_rounded(abs(percent), _WHOLE)} %"
    return f"{size} {'more' if percent > 0 else 'less'} than {written(before, unit)}"


def direction(now: float | None, before: float | None, unit: Unit) -> Direction:
    """Tell which way a figure has gone, empty where `change` says nothing, or "as before".

    Args:
        now: the figure.
        before: of the period before; None if there is none.
        unit: what both are counted in.
    """
    if now is None or before is None:
        return ""
    difference = now - before
    if unit != "percent" and before:
        difference *= 100 / before
    is_same = abs(difference) < _SAME_BELOW if unit == "percent" or before else difference == 0
    if is_same:
        return ""
    return "up" if difference > 0 else "down"


def _duration(hours: float) -> str:
    if hours < _MINUTES_BELOW:
        return _with(hours * 60, "minute")
    return _with(hours, "hour") if hours < _DAYS_FROM else _with(hours / 24, "day")


def _with(value: float, word: str) -> str:
    number = _number(value)
    return f"{number} {word}" if number == "1" else f"{number} {word}s"


def _number(value: float) -> str:
    return f"{_rounded(value, _WHOLE if value >= _WHOLE_FROM else _TENTHS):,f}".removesuffix(".0")


def _rounded(value: float, to: Decimal) -> Decimal:
    """Round halves up, of the digits that are seen, as browsers do with the figures of a chart."""
    return Decimal(str(value)).quantize(to, ROUND_HALF_UP)
