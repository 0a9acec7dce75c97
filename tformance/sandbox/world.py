"""The state of a sandbox."""

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

# More than any test sends, but little memory.
_REQUESTS_KEPT = 5000


class World:
    """The people, repositories, tokens and requests of a sandbox. Confined to the server's event loop.

    Args:
        seed: the seed; the same seed on the same day produces the same repositories.
        now: returns the clock's base time.
    """

    def __init__(self, seed: int = 1, now: Callable[[], datetime] = wall_time) -> None:
        self.seed = seed
        self._now = now
        # A history takes a moment to generate and depends only on the day, so cache it for that day.
        self._first_day: date | None = None
        self._histories: dict[int, History] = {}
        self.reset()

    def reset(self) -> None:
        """Restore the initial state, and set the clock back."""
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
        """Advance the clock.

        Args:
            days: the number of days to advance by.
        """
        self.clock.ahead += timedelta(days=days)

    def repository(self, full_name: str) -> RepositoryPlan | None:
        """Return the repository with a full name, or None.

        Args:
            full_name: `owner/name`, case-insensitive.
        """
        wanted = full_name.lower()
        return next(
            (one for one in self.repositories if not one.gone and one.full_name.lower() == wanted), None
        )

    def repositories_of(self, owners: list[str] | tuple[str, ...]) -> list[RepositoryPlan]:
        """Return the repositories of organizations.

        Args:
            owners: the organizations' logins.
        """
        return [one for one in self.repositories if one.owner in owners and not one.gone]

    def pull_requests(self, repository: RepositoryPlan) -> list[Seen]:
        """Return a repository's pull requests as they are now, oldest first.

        Args:
            repository: the repository.
        """
        now = self.clock.now()
        return [one.seen_at(now) for one in self._histories[repository.id].until(now)]

    def organisation(self, login: str) -> Organisation | None:
        """Return an organization, or None if it does not exist.

        Args:
            login: the organization's login, case-insensitive.
        """
        return next((one for one in ORGANISATIONS if one.login == login.lower()), None)

    def organisations_of(self, login: str) -> list[Organisation]:
        """Return the organizations of a person.

        Args:
            login: the person's login.
        """
        return [one for one in ORGANISATIONS if login in one.members]
