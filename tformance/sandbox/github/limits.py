"""GitHub's responses when a rate limit is exceeded."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from tformance.sandbox.github.budget import Budget

__all__ = ["exceeded", "secondary"]

_DOCS = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"


def exceeded(budget: Budget, person: int) -> Response:
    """Return the response for an exhausted hourly limit: status 403 for REST, an error with 200 for GraphQL.

    Args:
        budget: the exhausted budget.
        person: GitHub's id of the token's owner.
    """
    headers = budget.headers() | {"X-RateLimit-Remaining": "0"}
    if budget.resource == "graphql":
        message = f"API rate limit already exceeded for user ID {person}."
        return JSONResponse({"errors": [{"type": "RATE_LIMITED", "message": message}]}, headers=headers)
    message = f"API rate limit exceeded for user ID {person}."
    return JSONResponse({"message": message, "documentation_url": _DOCS, "status": "403"}, 403, headers)


def secondary(seconds: float) -> Response:
    """Return the response for the secondary limit, which GitHub applies to bursts.

    Args:
        seconds: the time until the limit ends.
    """
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return JSONResponse(
        {"message": message, "documentation_url": f"{_DOCS}#about-secondary-rate-limits", "status": "403"},
        403,
        {"Retry-After": str(round(seconds))},
    )
