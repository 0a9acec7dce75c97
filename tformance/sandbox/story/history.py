"""A repository's pull requests, day by day from a seed, as far into the future as somebody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tformance.sandbox.story._hours import is_workday
from tformance.sandbox.story._pull_request import Occasion, write
from tformance.sandbox.story.people import RepositoryPlan
from tformance.sandbox.story.story import PullRequest

__all__ = ["DAYS", "History", "ai_share"]

# How far the history reaches back from the first day: nine months.
DAYS = 270
_WORKDAYS = DAYS * 5 / 7

# The share of AI assistance, at the beginning of the history and on the first day; it ends a little above.
_SHARE_FIRST, _SHARE_NOW, _SHARE_MOST = 0.10, 0.55, 0.62
# In the last weeks of a repository that slows, reviews take longer by this factor.
_SLOW_SINCE, _SLOWER = DAYS - 35, 3.5


def ai_share(day: int) -> float:
    """Return which share of the pull requests of a day is assisted by AI.

    Args:
        day: since the beginning of the history.
    """
    return min(_SHARE_FIRST + (_SHARE_NOW - _SHARE_FIRST) * day / DAYS, _SHARE_MOST)


class History:
    """Hold what has happened, and will, in one repository.

    Each day has its own source of chance, so that it does not matter in which steps the days are asked for.

    Args:
        plan: what the repository is like.
        seed: the same seed and first day give the same history.
        first_day: up to which the history is laid out as the past.
    """

    def __init__(self, plan: RepositoryPlan, seed: int, first_day: date) -> None:
        self._plan = plan
        # Renaming a repository changes nothing of its past.
        self._name = plan.name
        self._seed = seed
        self._begin = datetime.combine(first_day, time.min, UTC) - timedelta(days=DAYS)
        self._written: list[PullRequest] = []
        self._days = 0
        self._number = 0
        # What is left of a pull request, or of an assisted one, that no day has had yet; carried on, so that
        # the counts come near what is planned.
        self._due = 0.0
        self._ai_due = 0.5

    def until(self, now: datetime) -> list[PullRequest]:
        """Return the pull requests that were opened until then, oldest first.

        Args:
            now: a moment after the beginning.
        """
        while self._begin + timedelta(days=self._days) <= now:
            self._write_day(self._days)
            self._days += 1
        return [one for one in self._written if one.opened_at <= now]

    def _write_day(self, day: int) -> None:
        date = self._begin + timedelta(days=day)
        if not is_workday(date):
            return
        random = Random(f"{self._seed}:{self._plan.id}:{day}")
        self._due += self._plan.expected / _WORKDAYS * random.uniform(0.4, 1.6)
        todays: list[PullRequest] = []
        while self._due >= 1:
            self._due -= 1
            self._ai_due += ai_share(day)
            is_assisted = self._ai_due >= 1
            self._ai_due -= is_assisted
            occasion = Occasion(
                repository=self._name,
                repository_id=self._plan.id,
                jira=self._plan.jira,
                index=len(self._written) + len(todays),
                date=date,
                is_early=day < DAYS / 4,
                is_assisted=is_assisted,
                slower=_SLOWER if self._plan.slows and day >= _SLOW_SINCE else 1.0,
            )
            todays.append(write(random, occasion))
        for one in sorted(todays, key=lambda one: one.opened_at):
            # Issues take numbers as well.
            self._number += random.choice((1, 1, 1, 2, 3))
            self._written.append(replace(one, number=self._number))
