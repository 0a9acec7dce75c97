"""Events of the web app, of errors, and of navigation."""

from __future__ import annotations

from typing import Literal

from otel.events import Event, Organisation, TeamEvent, Technical, event

__all__ = [
    "DashboardFirstView",
    "ErrorOccurred",
    "ExternalLinkClicked",
    "SidebarNavigation",
    "Theme",
    "ThemeSwitched",
]

Theme = Literal["light", "dark", "system"]


@event("dashboard_first_view", tier=2, owner="web")
class DashboardFirstView(TeamEvent):
    """A person viewed a team's dashboard for the first time, on any device.

    Args:
        days_since_signup: Whole days since the account was created.
    """

    days_since_signup: int


@event("error_occurred", tier=1, owner="web")
class ErrorOccurred(Event):
    """An exception ended a request with a 5xx status or a task, or code recorded a handled exception.

    Recorded by `otel`, in addition to PostHog's own `$exception`.

    Args:
        error_type: Class of the exception.
        view_name: View that handled the request, if the error was in a request.
        task_name: Celery task that failed, if the error was in a task.
        status_code: HTTP status of the response.
        method: HTTP method of the request.
        handled: Whether the code handled the exception; absent if the exception was only logged.
        occurrences: Number of errors of this kind that the event represents.
        team_slug: Slug of the team, if it is known.
    """

    error_type: Technical
    view_name: Technical | None = None
    task_name: Technical | None = None
    status_code: int | None = None
    method: Technical | None = None
    handled: bool | None = None
    occurrences: int
    team_slug: Organisation | None = None


@event("sidebar_navigation", tier=3, owner="web", source="browser")
class SidebarNavigation(TeamEvent):
    """A link in the sidebar was followed.

    Args:
        from_page: View that contains the link.
        to_page: View that the link leads to.
    """

    from_page: Technical
    to_page: Technical


@event("theme_switched", tier=3, owner="web", source="browser")
class ThemeSwitched(Event):
    """A person chose another theme.

    Args:
        theme: Theme after the change.
        previous_theme: Theme before the change.
    """

    theme: Theme
    previous_theme: Theme


# The domain of a team's own Jira site or GitHub Enterprise is as sensitive as the organization's name.
@event("external_link_clicked", tier=3, owner="web", source="browser")
class ExternalLinkClicked(TeamEvent):
    """A link to another site was followed.

    Args:
        domain: Host that the link leads to.
        page: View that contains the link.
    """

    domain: Organisation
    page: Technical
