"""The figures that insights speak of: what they are called and counted in, and when they are good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.metrics.figures.figures import Figures
from apps.metrics.formatting import Unit

__all__ = ["MEASURES", "Measure", "MeasureName"]

MeasureName = Literal["cycle_hours", "review_hours", "merged", "size", "ai_share"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """Be one of the figures, as people speak of it.

    Args:
        name: its field in `Figures`.
        label: what people call it.
        unit: what it is counted in.
        falls_well: whether less of it is better.
    """

    name: MeasureName
    label: str
    unit: Unit
    falls_well: bool

    def of(self, figures: Figures) -> float | None:
        """Return its value, None if there is nothing to take it from.

        Args:
            figures: a period's.
        """
        value: float | None = getattr(figures, self.name)
        return value

    def is_worse(self, before: float, after: float) -> bool:
        """Whether a change is one for the worse.

        Args:
            before: the earlier value.
            after: the later one, which differs.
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
