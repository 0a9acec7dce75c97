"""What PostHog knows of a team."""

from __future__ import annotations

from typing import Annotated, Literal

from otel.events import GroupProperties, Organisation, SetOnce, Technical, group_properties

__all__ = ["PlanName", "TeamProperties"]

PlanName = Literal["trial", "starter", "pro"]


@group_properties("team", owner="teams")
class TeamProperties(GroupProperties):
    """A customer's team; its group key is the team's public id.

    Args:
        name: as its members call it.
        slug: its readable name in addresses.
        plan: what it pays for.
        onboarding_complete: whether the last step of the onboarding is behind it.
        member_count: how many people are in it.
        repos_tracked: how many repositories are synced.
        total_prs: how many pull requests are known.
        ai_adoption_rate: share of pull requests made with AI, 0 to 100, one decimal.
        created_at: when it was made, ISO 8601.
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
