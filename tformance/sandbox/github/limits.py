"""What GitHub answers to whoever asks too often."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from tformance.sandbox.github.budget import Budget

__all__ = ["exceeded", "secondary"]

_DOCS = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"


def exceeded(budget: Budget, person: int) -> Response:
    """Return the answer when the limit of an hour is spent: 403 of REST, an error with 200 of GraphQL.

    Args:
        budget: which is spent.
        person: GitHub's id of whoever asks.
    """
    headers = budget.headers() | {"X-RateLimit-Remaining": "0"}
    if budget.resource == "graphql":
        message = f"API rate limit already exceeded for user ID {person}."
        return JSONResponse({"errors": [{"type": "RATE_LIMITED", "message": message}]}, headers=headers)
    message = f"API rate limit exceeded for user ID {person}."
    return JSONResponse({"message": message, "documentation_url": _DOCS, "status": "403"}, 403, headers)


def secondary(seconds: float) -> Response:
    """Return the answer to a burst.

    Args:
        seconds: after which it is over.
    """
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return JSONResponse(
        {"message": message, "documentation_url": f"{_DOCS}#about-secondary-rate-limits", "status": "403"},
        403,
        {"Retry-After": str(round(seconds))},
    )
