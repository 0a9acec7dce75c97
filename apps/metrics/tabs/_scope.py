"""The input of an analytics tab: the pull requests of the selected range and of the range before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse
from django.utils.http import urlencode

from apps.metrics.figures.calendar import Piece, steps
from apps.metrics.figures.figures import FigureName, Figures, figures_in, figures_of
from apps.metrics.figures.pulls import Moment, Pull, Span, by_span, pulls
from apps.metrics.filters.query import Filters
from apps.metrics.filters.view_state import MetricsView
from apps.metrics.formatting import Unit
from apps.metrics.pull_requests.listing import Listing
from apps.metrics.tabs.content import Card, card
from apps.teams.models import Team

__all__ = ["Scope", "scope_of"]

# The figures of a range in which nothing happened.
_NOTHING = Figures(0, 0, 0, None, None, None, None)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The pull requests that a tab presents, with the figures computed from them.

    Args:
        team: the team whose metrics are shown.
        now: the time of the request.
        span: the selected range.
        filters: the active filters.
        names: the names of the team's repositories, by primary key.
        known: the pull requests that were opened, reviewed or merged in the range or in the range before.
    """

    team: Team
    now: datetime
    span: Span
    filters: Filters
    names: dict[int, str]
    known: list[Pull]

    @cached_property
    def figures(self) -> Figures:
        """The figures of the range."""
        return figures_of(self.known, self.span)

    @cached_property
    def before(self) -> Figures | None:
        """The figures of the range before; None if there is no range before or nothing happened in it."""
        before = figures_of(self.known, self.span.before) if self.span.before else _NOTHING
        return before if before != _NOTHING else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened in the range."""
        return self.figures == _NOTHING

    def card(self, label: str, name: FigureName, unit: Unit = "count") -> Card:
        """Return a card with one of the figures and its change.

        Args:
            label: the card's label.
            name: the figure's field in `Figures`.
            unit: the figure's unit.
        """
        return card(label, getattr(self.figures, name), getattr(self.before, name, None), unit)

    @cached_property
    def steps(self) -> list[Piece]:
        """The range's days or weeks."""
        return steps(self.span, self.known)

    @cached_property
    def figures_by_step(self) -> list[Figures]:
        """The figures of each of the range's days or weeks."""
        return figures_in(self.known, [piece.span for piece in self.steps])

    @property
    def step_labels(self) -> tuple[str, ...]:
        """The labels of the range's days or weeks: the first day of each."""
        return tuple(f"{piece.begin:%-d %b %Y}" for piece in self.steps)

    @cached_property
    def opened(self) -> list[Pull]:
        """The pull requests that were opened in the range."""
        return self._in(self.span, "opened_at")

    @cached_property
    def opened_before(self) -> list[Pull]:
        """The pull requests that were opened in the range before."""
        return self._in(self.span.before, "opened_at")

    @cached_property
    def merged(self) -> list[Pull]:
        """The pull requests that were merged in the range."""
        return self._in(self.span, "merged_at")

    @cached_property
    def merged_before(self) -> list[Pull]:
        """The pull requests that were merged in the range before."""
        return self._in(self.span.before, "merged_at")

    @property
    def merged_by_step(self) -> list[list[Pull]]:
        """The pull requests that were merged in each of the range's days or weeks."""
        return by_span(self.merged, "merged_at", [piece.span for piece in self.steps])

    def list_url(self, listing: Listing) -> str:
        """Return the URL of the list with some of the range's pull requests.

        Args:
            listing: the filters of the list.
        """
        return f"{reverse('metrics:pull_requests')}?{urlencode([*self.filters.query, *listing.query])}"

    def _in(self, span: Span | None, moment: Moment) -> list[Pull]:
        return by_span(self.known, moment, [span])[0] if span else []


def scope_of(look: MetricsView) -> Scope:
    """Read the input of a tab, in one query.

    Args:
        look: the view that the request asks for.
    """
    filters = look.selection.filters
    span = filters.period.span(look.now)
    whole = Span(span.before.start, span.end) if span.before else span
    return Scope(
        team=look.team,
        now=look.now,
        span=span,
        filters=filters,
        names=look.repositories,
        known=pulls(look.team, whole, filters.repositories),
    )
