"""A repository's pull requests, generated day by day from a seed, as far ahead as they are requested."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tformance.sandbox.story._hours import is_workday
from tformance.sandbox.story._pull_request import Occasion, write
from tformance.sandbox.story.people import RepositoryPlan
from tformance.sandbox.story.story import PullRequest

__all__ = ["DAYS", "History", "ai_share"]

# The history begins this many days before the first day: nine months.
DAYS = 270
_WORKDAYS = DAYS * 5 / 7

# The share of AI assistance at the beginning of the history, on the first day, and at most.
_SHARE_FIRST, _SHARE_NOW, _SHARE_MOST = 0.10, 0.55, 0.62
# In a repository that slows, the day since which reviews take longer, and the factor.
_SLOW_SINCE, _SLOWER = DAYS - 35, 3.5


def ai_share(day: int) -> float:
    """Return the share of a day's pull requests that AI assists.

    Args:
        day: the number of days since the beginning of the history.
    """
    return min(_SHARE_FIRST + (_SHARE_NOW - _SHARE_FIRST) * day / DAYS, _SHARE_MOST)


class History:
    """The past and future of a repository.

    Each day has its own source of randomness, so the result does not depend on the steps in which days are
    requested.

    Args:
        plan: the repository's plan.
        seed: the seed; the same seed and first day produce the same history.
        first_day: the first day of the sandbox; earlier days are the past.
    """

    def __init__(self, plan: RepositoryPlan, seed: int, first_day: date) -> None:
        self._plan = plan
        # Keep the original name: renaming a repository does not change its past.
        self._name = plan.name
        self._seed = seed
        self._begin = datetime.combine(first_day, time.min, UTC) - timedelta(days=DAYS)
        self._written: list[PullRequest] = []
        self._days = 0
        self._number = 0
        # The fractions of a pull request, and of an assisted one, that are carried over to the next day. With
        # them, the totals come close to the plan.
        self._due = 0.0
        self._ai_due = 0.5

    def until(self, now: datetime) -> list[PullRequest]:
        """Return the pull requests that were opened until a time, oldest first.

        Args:
            now: a time after the beginning of the history.
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
            # Issues use numbers from the same sequence.
            self._number += random.choice((1, 1, 1, 2, 3))
            self._written.append(replace(one, number=self._number))
