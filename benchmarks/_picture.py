"""The picture of `docs/performance.md`: the cost of an event as the queue and the taxonomy grow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from benchmarks._growth_rows import QUEUES, TAXONOMIES, queue_row, taxonomy_row

__all__ = ["picture"]

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 40, 24, 56
_FIRST, _LAST = 1, 5  # the x axis, as powers of ten

# A browser applies the media query to an image in a page, too. The colors have a contrast of at least 4.5 on
# white and on GitHub's dark background.
_STYLE: Final = """<style>
text { font: 13px system-ui, sans-serif; fill: #333 }
.axis { stroke: #777; fill: none }
.grid { stroke: #8884; fill: none }
.queue { stroke: #0a5fc2; fill: none; stroke-width: 2 }
.taxonomy { stroke: #b34700; fill: none; stroke-width: 2; stroke-dasharray: 7 4 }
text.queue { fill: #0a5fc2; stroke: none } circle.queue { fill: #0a5fc2 }
text.taxonomy { fill: #b34700; stroke: none } circle.taxonomy { fill: #b34700; stroke-dasharray: none }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd }
  .queue { stroke: #6cb2ff } text.queue, circle.queue { fill: #6cb2ff }
  .taxonomy { stroke: #ffa657 } text.taxonomy, circle.taxonomy { fill: #ffa657 }
}
</style>"""


def picture(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the picture as SVG.

    Args:
        rows: the rows of `results.json` by their texts.
    """
    queue = [(size, rows[queue_row(size)]["ours"]) for size in QUEUES if queue_row(size) in rows]
    taxonomy = [(size, rows[taxonomy_row(size)]["ours"]) for size in TAXONOMIES]
    highest = max(cost for _, cost in (*queue, *taxonomy))
    step = next(step for step in (5, 10, 20, 50, 100, 200, 500) if step * 6 >= highest)
    top = step * math.ceil(highest / step + 0.5)
    return "\n".join(_lines(queue, taxonomy, step, top)) + "\n"


def _lines(
    queue: Sequence[tuple[int, float]], taxonomy: Sequence[tuple[int, float]], step: int, top: int
) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-label="CPU of an event as the queue and the taxonomy grow">'
    )
    yield _STYLE
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for cost in range(0, top + 1, step):
        y = _y(cost, top)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{cost}</text>'
    for power in range(_FIRST, _LAST + 1):
        x = _x(10**power)
        yield f'<path class="axis" d="M{x:.1f} {bottom}v5"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{10**power:,}</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'
    middle = (_LEFT + right) / 2
    yield (
        f'<text x="{middle:.0f}" y="{_HEIGHT - 12}" text-anchor="middle">'
        "events in the queue, or declared events (logarithmic)</text>"
    )
    y = (_TOP + bottom) / 2
    turned = f'transform="translate(16 {y:.0f}) rotate(-90)" text-anchor="middle"'
    yield f"<text {turned}>µs of CPU an event</text>"
    # The labels stand where the other line has no point: the taxonomy's below, the queue's above.
    yield from _line("queue", "as the queue grows", queue, top, -12)
    yield from _line("taxonomy", "as the taxonomy grows", taxonomy, top, 22)
    yield "</svg>"


def _line(
    kind: str, label: str, points: Sequence[tuple[int, float]], top: int, label_below: int
) -> Iterator[str]:
    """Draw a line with its points and its label, which stands at the last or second point."""
    places = [(_x(size), _y(cost, top)) for size, cost in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline class="{kind}" points="{path}"/>'
    for (x, y), (size, cost) in zip(places, points, strict=True):
        title = f"<title>{size:,}: {cost:.1f} µs</title>"
        yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4">{title}</circle>'
    x, y = places[-1] if kind == "queue" else places[0]
    anchor = "end" if kind == "queue" else "start"
    yield f'<text class="{kind}" x="{x:.1f}" y="{y + label_below:.1f}" text-anchor="{anchor}">{label}</text>'


def _x(size: int) -> float:
    width = _WIDTH - _LEFT - _RIGHT
    return _LEFT + width * (math.log10(size) - _FIRST) / (_LAST - _FIRST)


def _y(cost: float, top: int) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * cost / top
