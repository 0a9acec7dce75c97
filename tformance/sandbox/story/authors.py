"""The people who open and review pull requests, and their habits."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = ["AUTHORS", "COPILOT", "DEPENDABOT", "FORMER", "Author", "author_of", "reviewer_for"]


@dataclass(frozen=True, slots=True)
class Author:
    """A person who works on the repositories.

    Args:
        login: the GitHub login; empty for a deleted account.
        name: the name in trailers.
        opens: the relative number of pull requests.
        reviews: the relative number of reviews.
        ai: the relative use of AI; around 1.
        size: the relative size of pull requests.
        begins: the hour (UTC) at which the working day begins.
    """

    login: str
    name: str
    opens: int
    reviews: int
    ai: float
    size: float
    begins: int


AUTHORS = (
    Author("ada", "Ada Lovelace", 9, 9, 1.2, 1.0, 8),
    Author("grace", "Grace Hopper", 8, 10, 1.0, 0.7, 13),
    Author("charles", "Charles Babbage", 10, 3, 0.2, 2.2, 9),
    Author("mary", "Mary Somerville", 6, 8, 0.9, 0.8, 8),
    Author("joan", "Joan Clarke", 7, 7, 1.4, 0.9, 7),
    Author("katherine", "Katherine Johnson", 6, 6, 0.8, 0.6, 13),
    Author("alan", "Alan Turing", 5, 2, 1.6, 1.5, 10),
    Author("hedy", "Hedy Lamarr", 4, 4, 1.3, 1.1, 15),
    Author("margaret", "Margaret Hamilton", 7, 8, 1.0, 1.3, 12),
)

# GraphQL names bots without "[bot]".
DEPENDABOT = "dependabot"
COPILOT = "copilot-pull-request-reviewer"
# A former colleague, whose account was deleted months ago. Their pull requests remain, without an author.
FORMER = Author("", "", 4, 3, 0.5, 1.0, 9)


def author_of(random: Random, *, early: bool) -> Author:
    """Return a random author for a pull request.

    Args:
        random: the source of randomness.
        early: whether the day is in the first weeks, when the former colleague was still there.
    """
    there = (*AUTHORS, FORMER) if early else AUTHORS
    return random.choices(there, [one.opens for one in there])[0]


def reviewer_for(random: Random, author: str) -> Author:
    """Return a random reviewer for a pull request.

    Args:
        random: the source of randomness.
        author: the author's login; authors do not review their own work.
    """
    others = [one for one in AUTHORS if one.login != author]
    return random.choices(others, [one.reviews for one in others])[0]
