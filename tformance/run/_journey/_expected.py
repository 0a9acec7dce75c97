"""What is to arrive of the things that people do more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tformance.run.arrivals.arrival import A_NUMBER, Arrival, made, of, slug, visitor

__all__ = [
    "ENGINES",
    "KERNELS",
    "failed",
    "first_view",
    "identified",
    "in_team",
    "invited",
    "joined",
    "new_team",
    "person",
    "settings",
    "signed_up",
    "synced",
    "team",
]

# The teams of the journey.
ENGINES, KERNELS = "Analytical Engines", "Kernels"


def signed_up(name: str, *, method: str, source: str) -> tuple[Arrival, ...]:
    """Return what is to arrive of each new account.

    Args:
        name: the person's.
        method: how the person proves who they are.
        source: what brought the person here.
    """
    connected = dict.fromkeys(("has_connected_github", "has_connected_jira", "has_connected_slack"), False)
    once = {"signup_source": source, "signed_up_at": f"(when {name} joined)"}
    return (
        of(name, "user_signed_up", method=method, signup_source=source),
        person(name, {"$set": {"teams_count": 0, **connected}, "$set_once": once}),
        *identified(name),
    )


def identified(name: str) -> tuple[Arrival, ...]:
    """Return what joins the visitor's trail to the account, behind the update that makes its person.

    Args:
        name: the person's.
    """
    alias = Arrival("$identify", name, {"$anon_distinct_id": visitor(name)}, session=name)
    return (person(name, {"$set": {}}), alias)


def person(name: str, properties: Mapping[str, object], *, session: bool = True) -> Arrival:
    """Return an update of a person, which is no team's.

    Args:
        name: the person's.
        properties: as PostHog takes them.
        session: whether it happens in that person's own session.
    """
    return Arrival("$set", name, properties, session=name if session else None)


def team(name: str, who: str, /, **properties: object) -> Arrival:
    """Return an update of a team.

    Args:
        name: the team's.
        who: the person who acts.
        properties: of the team.
    """
    return Arrival("$groupidentify", who, {"$group_set": properties}, team=name)


def new_team(name: str, owner: str) -> tuple[Arrival, ...]:
    """Return what is to arrive of a new team.

    Args:
        name: the team's.
        owner: who makes it.
    """
    return (
        team(
            name,
            owner,
            name=name,
            slug=slug(name),
            plan="trial",
            onboarding_complete=False,
            member_count=1,
            repos_tracked=0,
            total_prs=0,
            ai_adoption_rate=0.0,
            created_at=made(name),
        ),
        person(owner, {"$set": {"role": "admin", "teams_count": 1}}),
    )


def in_team(who: str, event: str, team: str = ENGINES, **properties: Any) -> Arrival:
    """Return an event of somebody's in a team.

    Args:
        who: the person.
        event: its name.
        team: the team.
        properties: besides the team's slug.
    """
    return of(who, event, team=team, team_slug=slug(team), **properties)


def invited(role: str, *, is_resend: bool) -> Arrival:
    """Return what is to arrive of an invitation that Ada sends.

    Args:
        role: as what.
        is_resend: whether she has sent it before.
    """
    return in_team("Ada", "team_member_invited", role=role, is_resend=is_resend)


def joined(who: str, role: str, via: str, *, members: int, teams: int = 1) -> tuple[Arrival, ...]:
    """Return what is to arrive of somebody who joins by an invitation.

    Args:
        who: the person.
        role: as what.
        via: whether the account was there before.
        members: how many the team then has.
        teams: how many teams the person is then in.
    """
    return (
        in_team(who, "team_member_joined", role=role, joined_via=via, invite_age_days=0),
        team(ENGINES, who, member_count=members),
        person(who, {"$set": {"role": role, "teams_count": teams}}),
    )


def first_view(who: str, name: str = ENGINES) -> Arrival:
    """Return what is to arrive of the first look at the dashboard.

    Args:
        who: the person.
        name: the team's.
    """
    return in_team(who, "dashboard_first_view", name, days_since_signup=0)


def settings(who: str, section: str, *fields: str) -> Arrival:
    """Return what is to arrive of a form of a person's own settings.

    Args:
        who: the person.
        section: which form.
        fields: what changed.
    """
    return of(who, "settings_updated", section=section, changed_fields=list(fields))


def synced(
    who: str, trigger: str, *, is_initial: bool, outcome: str = "success", **more: Any
) -> tuple[Arrival, ...]:
    """Return what is to arrive of one sync of one repository.

    Args:
        who: started it.
        trigger: how.
        is_initial: whether it is the repository's first.
        outcome: how it ended.
        more: its error.
    """
    about: dict[str, Any] = {"trigger": trigger, "is_initial": is_initial}
    return (
        in_team(who, "repo_sync_started", **about),
        in_team(
            who,
            "repo_sync_completed",
            **about,
            outcome=outcome,
            prs_synced=A_NUMBER,
            duration_ms=A_NUMBER,
            **more,
        ),
        team(ENGINES, who, total_prs=A_NUMBER, ai_adoption_rate=A_NUMBER),
    )


def failed(
    who: str,
    about: Mapping[str, object],
    raised: list[str],
    *,
    session: str | None,
    team: str | None = None,
    told: Mapping[str, object] | None = None,
) -> tuple[Arrival, ...]:
    """Return what is to arrive of an error.

    Args:
        who: the person.
        about: the view or task, and what is known of the request.
        raised: each exception and the function that raised it, the outermost first.
        session: whose browser session it happened in, if in any.
        team: the current one, if it is known.
        told: what the product adds.
    """
    kind = raised[0].partition(" ")[0]
    known = {"error_type": kind, **about, "handled": False, "occurrences": 1}
    return (
        Arrival("$exception", who, {**known, "raised": raised}, team, session),
        Arrival("error_occurred", who, {**known, **(told or {})}, team, session),
    )
