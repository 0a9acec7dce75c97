"""Generation of a pull request: author, content, size, reviews and end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from tformance.sandbox.story import _phrases as wording
from tformance.sandbox.story._hours import WORKDAY
from tformance.sandbox.story._reviewing import reviewed
from tformance.sandbox.story.assistance import HUMAN_TRAILER, Mark, mark
from tformance.sandbox.story.authors import AUTHORS, DEPENDABOT, Author, author_of
from tformance.sandbox.story.story import Commit, PullRequest

__all__ = ["Occasion", "write"]

# Changed lines of a pull request: the median, and the sigma of the log-normal distribution.
_LINES, _SPREAD = 70, 1.25
# Counts that need more than one page of reviews (usually 50) or commits (at most 100), and the indexes of the
# pull requests that have them.
_MANY_REVIEWS, _MANY_COMMITS = 75, 130
_LONG_REVIEWED, _LONG_WRITTEN = (9, 61, 140), (17, 61, 155)
# One in this many pull requests has an unusual title.
_UNUSUAL_EVERY = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The circumstances of a new pull request.

    Args:
        repository: the repository's name.
        repository_id: the repository's GitHub id.
        jira: the key of the repository's Jira project.
        index: the number of earlier pull requests in the repository.
        date: midnight (UTC) of the day on which the pull request is opened.
        is_early: whether the day is in the first weeks of the history.
        is_assisted: whether AI assists the author.
        slower: the factor by which reviews take longer than usual.
    """

    repository: str
    repository_id: int
    jira: str
    index: int
    date: datetime
    is_early: bool
    is_assisted: bool
    slower: float


def write(random: Random, occasion: Occasion) -> PullRequest:
    """Return a pull request with its whole future, but without a number.

    Args:
        random: the source of randomness.
        occasion: the circumstances.
    """
    if not occasion.is_assisted and random.random() < 0.1:
        return _dependency(random, occasion)
    author = author_of(random, early=occasion.is_early)
    # Prefer authors who like AI if AI assists. The history decides the share of assisted pull requests.
    while random.random() > (author.ai if occasion.is_assisted else 2 - author.ai) / 2:
        author = author_of(random, early=occasion.is_early)
    traces = mark(random) if occasion.is_assisted else Mark()
    issue = f"{occasion.jira}-{random.randint(1, 400)}" if random.random() < 0.55 else ""
    in_branch_only = bool(issue) and random.random() < 0.25
    title = wording.title(random, occasion.repository, "" if in_branch_only else issue)
    if occasion.index % _UNUSUAL_EVERY == 4:
        title = wording.UNUSUAL_TITLES[occasion.index // _UNUSUAL_EVERY % len(wording.UNUSUAL_TITLES)]
    opened_at = occasion.date + timedelta(
        hours=author.begins + random.uniform(0, WORKDAY), seconds=random.randint(0, 59)
    )
    opened_at = min(opened_at, occasion.date + timedelta(hours=23, minutes=59)).replace(microsecond=0)
    lines = _lines(random, author.size * (1.2 if occasion.is_assisted else 1.0))
    additions = round(lines * random.betavariate(5, 2))
    login = traces.author or author.login or None
    pull_request = PullRequest(
        number=0,
        title=title[:256],
        body=_joined(wording.body(random, issue), traces.body),
        branch=_branch(traces, author, issue, title),
        author=login,
        opened_at=opened_at,
        ended_at=None,
        is_merged=False,
        additions=additions,
        deletions=lines - additions,
        changed_files=max(1, round(math.sqrt(lines) * random.uniform(0.3, 0.9))),
        reviews=(),
        commits=_first_commits(random, title, traces, author, opened_at, occasion),
    )
    return reviewed(
        random,
        pull_request,
        key=f"{occasion.repository_id}-{occasion.index}",
        begins=author.begins,
        slower=occasion.slower,
        at_least=_MANY_REVIEWS if occasion.index in _LONG_REVIEWED else 0,
        trailer=traces.trailer,
    )


def _dependency(random: Random, occasion: Occasion) -> PullRequest:
    title = wording.dependency_title(random)
    # Dependabot runs early in the morning.
    opened_at = occasion.date + timedelta(hours=4, minutes=random.randint(0, 59))
    lines = random.randint(2, 40)
    pull_request = PullRequest(
        number=0,
        title=title,
        body="Dependabot will resolve any conflicts with this PR as long as you don't alter it yourself.",
        branch=f"dependabot/pip/{wording.branch_of(title)}",
        author=DEPENDABOT,
        opened_at=opened_at,
        ended_at=None,
        is_merged=False,
        additions=lines,
        deletions=lines,
        changed_files=1,
        reviews=(),
        commits=(Commit(f"{title}\n\nSigned-off-by: dependabot[bot] <support@github.com>", opened_at),),
    )
    key = f"{occasion.repository_id}-{occasion.index}"
    return reviewed(random, pull_request, key=key, begins=9, slower=1.0, at_least=0, trailer="")


def _lines(random: Random, factor: float) -> int:
    return max(1, round(_LINES * factor * math.exp(random.gauss(0, _SPREAD))))


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _branch(traces: Mark, author: Author, issue: str, title: str) -> str:
    name = wording.branch_of(title)
    if traces.branch:
        return f"{traces.branch}{name}"
    if issue and issue not in title:
        return f"{issue.lower()}-{name}"
    return f"{author.login}/{name}" if author.login and len(name) % 2 else name


def _first_commits(
    random: Random, title: str, traces: Mark, author: Author, opened_at: datetime, occasion: Occasion
) -> tuple[Commit, ...]:
    trailer = traces.trailer
    if not trailer and random.random() < 0.12:
        pair = random.choice([one for one in AUTHORS if one.login != author.login])
        trailer = HUMAN_TRAILER.format(name=pair.name, login=pair.login)
    count = _MANY_COMMITS if occasion.index in _LONG_WRITTEN else random.choice((1, 1, 2, 3, 5))
    subjects = [title, *(wording.commit_subject(random) for _ in range(count - 1))]
    commits = [Commit(subject, opened_at - timedelta(minutes=3 * n)) for n, subject in enumerate(subjects)]
    # Oldest first. Only the first or the last commit gets the trailer, each as often.
    commits.reverse()
    where = random.choice((0, -1))
    commits[where] = replace(commits[where], message=_joined(commits[where].message, trailer))
    return tuple(commits)
