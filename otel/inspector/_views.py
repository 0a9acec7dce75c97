"""Persons, groups, errors and funnel of the captures that are kept, computed when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from otel.inspector._errors import errors
from otel.inspector._funnel import Steps, funnel
from otel.inspector._groups import groups
from otel.inspector._persons import Persons
from otel.inspector._state import State

__all__ = ["Views"]

T = TypeVar("T")


class Views:
    """Compute each view once for the captures that stand, so that receiving them costs nothing.

    Args:
        state: whose captures are viewed.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._version: object = None
        self._known: dict[object, object] = {}

    def persons(self) -> Persons:
        """Return the persons."""
        return self._cached("persons", lambda: Persons(self._state.store))

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups."""
        return self._cached("groups", lambda: groups(self._state.store))

    def errors(self) -> list[dict[str, Any]]:
        """Return the issues."""
        return self._cached("errors", lambda: errors(self._state.store))

    def funnel(self, steps: Steps) -> dict[str, Any]:
        """Return how far persons came.

        Args:
            steps: of the funnel.
        """
        return self._cached(steps, lambda: funnel(self._state.store, self.persons(), steps))

    def warnings(self) -> list[dict[str, Any]]:
        """Return the ingestion warnings, oldest first: of single captures, and of merges refused."""
        found = [*self._state.store.warnings, *self.persons().refused_merges]
        return sorted(found, key=lambda warning: str(warning["time"]))

    def _cached(self, key: object, compute: Callable[[], T]) -> T:
        version = self._state.store.version
        if version != self._version:
            self._version = version
            self._known.clear()
        if key not in self._known:
            self._known[key] = compute()
        return cast("T", self._known[key])
