"""Formatting of figures for people."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

__all__ = ["NOTHING", "Direction", "Unit", "change", "direction", "written"]

Unit = Literal["count", "percent", "hours", "lines"]
Direction = Literal["up", "down", ""]

# Shown instead of a figure that is not known.
NOTHING = "—"

# In hours: below two hours minutes are easier to read, and from three days on days are.
_MINUTES_BELOW, _DAYS_FROM = 2, 72
# From here on a decimal makes no practical difference.
_WHOLE_FROM = 10
# Percent or points: a smaller change counts as unchanged, since it would be written as 0 %.
_SAME_BELOW = 0.5
_WHOLE, _TENTHS = Decimal(1), Decimal("0.1")


def written(value: float | None, unit: Unit) -> str:
    """Format a figure with its unit, such as "31 hours".

    Args:
        value: the figure; None if it is not known.
        unit: the figure's unit.
    """
    if value is None:
        return NOTHING
    if unit == "percent":
        return f"{_number(value)} %"
    if unit == "hours":
        return _duration(value)
    return f"{_number(value)} lines" if unit == "lines" else f"{_number(value)}"


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """Describe how a figure differs from that of the period before, such as "22 % less than 31 hours".

    Args:
        now: the figure; None if it is not known.
        before: the figure of the period before; None if it is not known.
        unit: the unit of both figures.
    """
    if now is None or before is None:
        return ""
    if unit == "percent":  # a percentage of a percentage is misleading
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
    """Return whether a figure went up or down; empty where `change` returns nothing or "as before".

    Args:
        now: the figure; None if it is not known.
        before: the figure of the period before; None if it is not known.
        unit: the unit of both figures.
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
    """Round half up, by decimal digits, as browsers do with the figures of a chart."""
    return Decimal(str(value)).quantize(to, ROUND_HALF_UP)
