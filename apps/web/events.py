"""The events of the product's own pages, and of its errors."""

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


@event("sidebar_navigation", tier=3, owner="web", source="browser")
class SidebarNavigation(TeamEvent):
    """A link of the sidebar was followed, by whatever means.

    Args:
        from_page: the view that the link was on.
        to_page: the view that it leads to.
    """

    from_page: Technical
    to_page: Technical


@event("theme_switched", tier=3, owner="web", source="browser")
class ThemeSwitched(Event):
    """A person chose another theme.

    Args:
        theme: the new one.
        previous_theme: the one before.
    """

    theme: Theme
    previous_theme: Theme


# A team's own Jira site or GitHub Enterprise names the organisation: the domain is as sensitive as that.
@event("external_link_clicked", tier=3, owner="web", source="browser")
class ExternalLinkClicked(TeamEvent):
    """A link that leaves the site was followed.

    Args:
        domain: the host that it leads to.
        page: the view that the link was on.
    """

    domain: Organisation
    page: Technical
