"""The course of a pull request: reviews, further commits, and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from tformance.sandbox.story import _phrases as wording
from tformance.sandbox.story._hours import after
from tformance.sandbox.story.authors import COPILOT, DEPENDABOT, reviewer_for
from tformance.sandbox.story.story import Commit, PullRequest, Review, ReviewState

__all__ = ["reviewed"]

# Median hours until the first review, between two steps, and until the merge.
_FIRST_REVIEW, _NEXT_STEP, _MERGE = 5.0, 3.0, 1.5
# The shares of pull requests that are given up, and that stay open forever.
_GIVEN_UP, _FORGOTTEN = 0.07, 0.03


def reviewed(
    random: Random,
    pull_request: PullRequest,
    *,
    key: str,
    begins: int,
    slower: float,
    at_least: int,
    trailer: str,
) -> PullRequest:
    """Return the pull request with its reviews, further commits and end.

    Args:
        random: the source of randomness.
        pull_request: the pull request when it is opened.
        key: a unique key, which becomes part of the reviews' ids.
        begins: the hour (UTC) at which the author's working day begins.
        slower: the factor by which reviewers take longer than usual.
        at_least: the minimum number of reviews, for pull requests that are not given up or left open.
        trailer: the trailer that an AI tool adds to commits; empty for none.
    """
    author = pull_request.author or ""
    reviews: list[Review] = []
    commits = list(pull_request.commits)

    def review(login: str | None, state: ReviewState, at: datetime) -> None:
        reviews.append(Review(f"PRR_{key}-{len(reviews)}", login, state, at))

    moment = pull_request.opened_at
    if author != DEPENDABOT and random.random() < 0.35:
        review(COPILOT, "COMMENTED", moment + timedelta(minutes=random.randint(2, 6)))
    if random.random() < _FORGOTTEN:
        return replace(pull_request, reviews=tuple(reviews))
    moment = after(random, moment, _FIRST_REVIEW * slower, begins)
    if random.random() < _GIVEN_UP:
        if random.random() < 0.5:
            review(reviewer_for(random, author).login, "COMMENTED", moment)
        ended_at = after(random, moment, 48, begins)
        return replace(pull_request, reviews=tuple(reviews), ended_at=ended_at)
    # The account of a former colleague was deleted; their reviews remain.
    reviewer = reviewer_for(random, author)
    login = None if random.random() < 0.02 else reviewer.login
    while len(reviews) < at_least:
        review(random.choice((login, author or None)), "COMMENTED", moment)
        moment += timedelta(minutes=random.randint(5, 40))
    if random.random() < 0.35:
        review(login, random.choice(("CHANGES_REQUESTED", "CHANGES_REQUESTED", "COMMENTED")), moment)
        moment = after(random, moment, _NEXT_STEP, begins)
        if random.random() < 0.5:
            # GitHub counts an author's replies in review threads as reviews too.
            review(author or None, "COMMENTED", moment)
        subject = wording.commit_subject(random)
        commits.append(Commit(f"{subject}\n\n{trailer}" if trailer else subject, moment))
        moment = after(random, moment, _NEXT_STEP * slower, reviewer.begins)
    review(login, "APPROVED", moment)
    if random.random() < 0.2:
        moment = after(random, moment, _NEXT_STEP, begins)
        review(reviewer_for(random, author).login, "APPROVED", moment)
    moment = after(random, moment, _MERGE, begins)
    return replace(
        pull_request, reviews=tuple(reviews), commits=tuple(commits), ended_at=moment, is_merged=True
    )
