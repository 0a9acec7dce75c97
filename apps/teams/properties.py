"""Group properties of teams."""

from __future__ import annotations

from typing import Annotated, Literal

from otel.events import GroupProperties, Organisation, SetOnce, Technical, group_properties

__all__ = ["PlanName", "TeamProperties"]

PlanName = Literal["trial", "starter", "pro"]


@group_properties("team", owner="teams")
class TeamProperties(GroupProperties):
    """A customer's team; its group key is the team's public id.

    Args:
        name: Display name of the team.
        slug: Name of the team in URLs.
        plan: Plan that the team pays for.
        onboarding_complete: Whether the team has completed the onboarding, with or without skipped steps.
        member_count: Number of members.
        repos_tracked: Number of repositories that are synced.
        total_prs: Number of synced pull requests.
        ai_adoption_rate: Share of pull requests made with AI, 0 to 100, with one decimal.
        created_at: Time when the team was created, in ISO 8601.
    """

    name: Organisation | None = None
    slug: Organisation | None = None
    plan: PlanName | None = None
    onboarding_complete: bool | None = None
    member_count: int | None = None
    repos_tracked: int | None = None
    total_prs: int | None = None
    ai_adoption_rate: float | None = None
    created_at: Annotated[Technical, SetOnce] | None = None
