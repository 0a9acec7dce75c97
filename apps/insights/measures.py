"""The figures that insights report: their labels, units, and whether lower is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.metrics.figures.figures import Figures
from apps.metrics.formatting import Unit

__all__ = ["MEASURES", "Measure", "MeasureName"]

MeasureName = Literal["cycle_hours", "review_hours", "merged", "size", "ai_share"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A figure, with the words in which insights present it.

    Args:
        name: the figure's field in `Figures`.
        label: the figure's name on pages.
        unit: the unit of its values.
        falls_well: whether a lower value is better.
    """

    name: MeasureName
    label: str
    unit: Unit
    falls_well: bool

    def of(self, figures: Figures) -> float | None:
        """Return the measure's value, or None if it is not known.

        Args:
            figures: the figures of one period.
        """
        value: float | None = getattr(figures, self.name)
        return value

    def is_worse(self, before: float, after: float) -> bool:
        """Whether a change is for the worse.

        Args:
            before: the earlier value.
            after: the later value; it must differ from `before`.
        """
        return (after > before) is self.falls_well


# In the order in which the dashboard shows them.
MEASURES = (
    Measure(name="merged", label="Merged pull requests", unit="count", falls_well=False),
    Measure(name="cycle_hours", label="Time to merge", unit="hours", falls_well=True),
    Measure(name="review_hours", label="Wait for the first review", unit="hours", falls_well=True),
    Measure(name="size", label="Typical size", unit="lines", falls_well=True),
    Measure(name="ai_share", label="Pull requests assisted by AI", unit="percent", falls_well=False),
)
