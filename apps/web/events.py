"""The events of the product's own pages, and of its errors."""

from __future__ import annotations

from otel.events import Event, Organisation, TeamEvent, Technical, event

__all__ = ["DashboardFirstView", "ErrorOccurred"]


@event("dashboard_first_view", tier=2, owner="web")
class DashboardFirstView(TeamEvent):
    """A person sees a team's dashboard for the first time ever, on whatever device.

    Args:
        days_since_signup: whole days since the account was made.
    """

    days_since_signup: int


@event("error_occurred", tier=1, owner="web")
class ErrorOccurred(Event):
    """An unhandled exception ended a request with 5xx, or a task; or a developer recorded a handled one.

    Recorded by `otel` itself, beside PostHog's own `$exception`.

    Args:
        error_type: the exception's class.
        view_name: the view, if it was a request.
        task_name: the Celery task, if it was one.
        status_code: what the request was answered with.
        method: the request's HTTP method.
        handled: whether the product went on.
        occurrences: for how many errors of this kind the event stands.
        team_slug: the team, if it is known.
    """

    error_type: Technical
    view_name: Technical | None = None
    task_name: Technical | None = None
    status_code: int | None = None
    method: Technical | None = None
    handled: bool
    occurrences: int
    team_slug: Organisation | None = None
