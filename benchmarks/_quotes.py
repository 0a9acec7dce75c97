"""The sentences of other pages that quote a figure: `make bench` writes the measured one into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["QUOTES", "Quote", "with_figures"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence with a figure.

    Args:
        page: the name of the page in `docs/`.
        words: a regular expression for the sentence, whose group is the figure.
        what: the text of the row with the figure.
        key: which figure of the row it is.
    """

    page: str
    words: str
    what: str
    key: str = "ours"

    def figure(self, rows: Mapping[str, Mapping[str, Any]]) -> str | None:
        """Return the measured figure with two digits, from 100 on with three; None if it was not measured.

        Args:
            rows: the rows of `results.json` by their texts.
        """
        row = rows.get(self.what)
        if row is None:
            return None
        value = float(f"{row[self.key]:.3g}") if row[self.key] >= 100 else float(f"{row[self.key]:.2g}")
        return f"{value:,.0f}" if value >= 10 else f"{value:g}"


QUOTES: Final[Sequence[Quote]] = (
    Quote(
        "operations",
        r"bridge \| ([\d.,]+) µs of CPU an event",
        "CPU, one bridge to the export in the process",
    ),
    Quote(
        "operations",
        r"about ([\d.,]+) events/s flat out",
        "one bridge: a whole core, to the published figure",
    ),
    Quote(
        "operations",
        r"or ([\d.,]+) million a day at 60 %",
        "what one bridge carries at 60% of a core, by its CPU an event",
    ),
    Quote("operations", r"a second one takes ([\d.,]+) times as much", "2 bridges to one", "ratio"),
    Quote(
        "operations",
        r"Collector \| ([\d.,]+) µs of CPU a span",
        "the Collector, CPU a span (traces and events)",
    ),
    Quote(
        "operations",
        r"and ([\d.,]+) µs a span that leaves",
        "the Collector, CPU a span (events only)",
    ),
    Quote(
        "operations",
        r"about ([\d.,]+) spans/s a core",
        "the Collector (traces and events): a whole core, to the published figure",
    ),
    Quote(
        "operations",
        r"about ([\d.,]+) bytes an event on disk",
        "an event that waits in the Collector's queue, on disk",
    ),
    Quote(
        "architecture",
        r"a record costs about ([\d.,]+) times one with a span event",
        "a request's span and event, as a log record to a span event",
        "ratio",
    ),
)


def with_figures(page: str, text: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a page's text with the measured figures.

    Args:
        page: the name of the page in `docs/`.
        text: the page.
        rows: the rows of `results.json` by their texts.
    """
    for quote in QUOTES:
        figure = quote.figure(rows) if quote.page == page else None
        if figure is not None:
            words = quote.words.replace(" ", r"\s+")  # a line may end anywhere
            found = re.search(words, text)
            if found is None:
                raise ValueError(quote)
            text = text[: found.start(1)] + figure + text[found.end(1) :]
    return text
