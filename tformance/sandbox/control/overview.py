"""An overview of the sandbox's state for its page and for programs, without the values of tokens."""

from __future__ import annotations

from typing import Any

from tformance.sandbox.github.nodes import stamp
from tformance.sandbox.story.people import RepositoryPlan
from tformance.sandbox.world import World

__all__ = ["overview", "pull_request_rows"]


def overview(world: World) -> dict[str, Any]:
    """Return an overview of the state.

    Args:
        world: the sandbox's state.
    """
    return {
        "now": stamp(world.clock.now()),
        "days_ahead": round(world.clock.ahead.total_seconds() / 86_400, 3),
        "seed": world.seed,
        "people": [
            {
                "login": person.login,
                "name": person.name,
                "email": person.email,
                "organisations": [one.login for one in world.organisations_of(person.login)],
            }
            for person in world.people
        ],
        "repositories": [_counts(world, one) for one in world.repositories if not one.gone],
        "tokens": [
            {
                "service": token.granted.service,
                "login": token.granted.login,
                "scopes": list(token.granted.scopes),
                "places": list(token.granted.places),
                "since": stamp(token.since),
                "ends_at": stamp(token.ends_at),
                "is_live": world.tokens.valid(token.granted.service, token.value) is not None,
            }
            for token in world.tokens.given()
        ],
        "failures": world.failures.pending(),
        "limits": {budget.resource: budget.remaining for budget in (world.core, world.graphql)},
        "requests": len(world.requests),
        "messages": len(world.messages),
    }


def _counts(world: World, repository: RepositoryPlan) -> dict[str, Any]:
    states = [seen.state for seen in world.pull_requests(repository)]
    return {
        "id": repository.id,
        "full_name": repository.full_name,
        "about": repository.about,
        "pull_requests": len(states),
        **{state.lower(): states.count(state) for state in ("OPEN", "MERGED", "CLOSED")},
    }


def pull_request_rows(world: World, repository: RepositoryPlan) -> list[dict[str, Any]]:
    """Return a repository's pull requests as plain rows, oldest first.

    Args:
        world: the sandbox's state.
        repository: the repository.
    """
    return [
        {
            "number": seen.pull_request.number,
            "title": seen.pull_request.title,
            "body": seen.pull_request.body,
            "author": seen.pull_request.author,
            "branch": seen.pull_request.branch,
            "state": seen.state,
            "created_at": stamp(seen.pull_request.opened_at),
            "updated_at": stamp(seen.updated_at),
            "merged_at": stamp(seen.merged_at),
            "closed_at": stamp(seen.ended_at),
            "additions": seen.pull_request.additions,
            "deletions": seen.pull_request.deletions,
            "changed_files": seen.pull_request.changed_files,
            "commit_messages": [one.message for one in seen.commits],
            "reviews": [
                {
                    "id": one.id,
                    "author": one.author,
                    "state": one.state,
                    "submitted_at": stamp(one.at),
                }
                for one in seen.reviews
            ],
        }
        for seen in world.pull_requests(repository)
    ]
