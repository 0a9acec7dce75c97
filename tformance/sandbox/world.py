"""All that one sandbox knows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from tformance.sandbox.clock import Clock, wall_time
from tformance.sandbox.control.failures import Failures
from tformance.sandbox.github.budget import Budget
from tformance.sandbox.oauth.tokens import Tokens
from tformance.sandbox.story.history import History
from tformance.sandbox.story.people import ORGANISATIONS, Organisation, People, RepositoryPlan, plans
from tformance.sandbox.story.story import Seen

__all__ = ["World"]

# More than any test makes, and little memory.
_REQUESTS_KEPT = 5000


class World:
    """Hold people, repositories, what was granted and what was asked.

    Args:
        seed: the same seed on the same day gives the same repositories.
        now: what the clock goes by.
    """

    def __init__(self, seed: int = 1, now: Callable[[], datetime] = wall_time) -> None:
        self.seed = seed
        self._now = now
        # A history is the same each time, and takes a moment to write: it is kept while its day lasts.
        self._first_day: date | None = None
        self._histories: dict[int, History] = {}
        self.reset()

    def reset(self) -> None:
        """Begin anew: nothing granted, asked or told, and no time passed."""
        self.clock = Clock(self._now)
        self.people = People()
        self.repositories = plans()
        self.tokens = Tokens(self.clock)
        self.failures = Failures()
        self.core, self.graphql = Budget("core"), Budget("graphql")
        self.requests: deque[dict[str, Any]] = deque(maxlen=_REQUESTS_KEPT)
        self.messages: list[dict[str, Any]] = []
        today = self.clock.now().date()
        if today != self._first_day:
            self._first_day = today
            self._histories = {plan.id: History(plan, self.seed, today) for plan in self.repositories}

    def advance(self, days: float) -> None:
        """Let time pass.

        Args:
            days: how much.
        """
        self.clock.ahead += timedelta(days=days)

    def repository(self, full_name: str) -> RepositoryPlan | None:
        """Return the repository of that name, if there is one.

        Args:
            full_name: owner and name.
        """
        wanted = full_name.lower()
        return next(
            (one for one in self.repositories if not one.gone and one.full_name.lower() == wanted), None
        )

    def repositories_of(self, owners: list[str] | tuple[str, ...]) -> list[RepositoryPlan]:
        """Return what these organisations have.

        Args:
            owners: logins.
        """
        return [one for one in self.repositories if one.owner in owners and not one.gone]

    def pull_requests(self, repository: RepositoryPlan) -> list[Seen]:
        """Return a repository's pull requests as they are now, oldest first.

        Args:
            repository: which.
        """
        now = self.clock.now()
        return [one.seen_at(now) for one in self._histories[repository.id].until(now)]

    def organisation(self, login: str) -> Organisation | None:
        """Return an organisation.

        Args:
            login: its name.
        """
        return next((one for one in ORGANISATIONS if one.login == login.lower()), None)

    def organisations_of(self, login: str) -> list[Organisation]:
        """Return where somebody is a member.

        Args:
            login: whose.
        """
        return [one for one in ORGANISATIONS if login in one.members]
