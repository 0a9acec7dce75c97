"""T-shirt sizes of pull requests."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["SIZES", "Size", "size_of"]


@dataclass(frozen=True, slots=True)
class Size:
    """A size of pull requests.

    Args:
        name: the short name, such as "XL".
        least: the smallest number of lines added and deleted.
        most: the largest number of lines added and deleted; None for no limit.
    """

    name: str
    least: int
    most: int | None

    @property
    def label(self) -> str:
        """The name and its range of lines."""
        return (
            f"{self.name} ({self.least} to {self.most} lines)"
            if self.most
            else f"{self.name} ({self.least} lines and more)"
        )


# The bounds of Kubernetes' size labels, which many teams know from their own repositories:
# https://docs.prow.k8s.io/docs/components/plugins/size/
SIZES = (
    Size("XS", 0, 9),
    Size("S", 10, 29),
    Size("M", 30, 99),
    Size("L", 100, 499),
    Size("XL", 500, 999),
    Size("XXL", 1000, None),
)

_LEAST = tuple(size.least for size in SIZES)


def size_of(lines: int) -> Size:
    """Return the size of a pull request.

    Args:
        lines: the number of lines added and deleted.
    """
    return SIZES[bisect_right(_LEAST, lines) - 1]
