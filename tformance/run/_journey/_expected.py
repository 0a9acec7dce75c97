"""The expected events of actions that the journey repeats."""

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
    """Return the events of a new account.

    Args:
        name: the person's name.
        method: the sign-up method, `email` or `github`.
        source: the sign-up source, such as `invite`.
    """
    connected = dict.fromkeys(("has_connected_github", "has_connected_jira", "has_connected_slack"), False)
    once = {"signup_source": source, "signed_up_at": f"(when {name} joined)"}
    return (
        of(name, "user_signed_up", method=method, signup_source=source),
        person(name, {"$set": {"teams_count": 0, **connected}, "$set_once": once}),
        *identified(name),
    )


def identified(name: str) -> tuple[Arrival, ...]:
    """Return the alias of the visitor to the account, after the update that creates the person.

    Args:
        name: the person's name.
    """
    alias = Arrival("$identify", name, {"$anon_distinct_id": visitor(name)}, session=name)
    return (person(name, {"$set": {}}), alias)


def person(name: str, properties: Mapping[str, object], *, session: bool = True) -> Arrival:
    """Return an update of a person, which is not attributed to a team.

    Args:
        name: the person's name.
        properties: the event's properties, such as `$set`.
        session: whether the update happens in the person's own session.
    """
    return Arrival("$set", name, properties, session=name if session else None)


def team(name: str, who: str, /, **properties: object) -> Arrival:
    """Return an update of a team.

    Args:
        name: the team's name.
        who: the name of the person who acts.
        properties: the team's properties.
    """
    return Arrival("$groupidentify", who, {"$group_set": properties}, team=name)


def new_team(name: str, owner: str) -> tuple[Arrival, ...]:
    """Return the events of a new team.

    Args:
        name: the team's name.
        owner: the name of the person who creates the team.
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
    """Return an event of a person in a team.

    Args:
        who: the person's name.
        event: the event's name.
        team: the team's name.
        properties: the event's properties, without the team's slug.
    """
    return of(who, event, team=team, team_slug=slug(team), **properties)


def invited(role: str, *, is_resend: bool) -> Arrival:
    """Return the event of an invitation that Ada sends.

    Args:
        role: the role that the invitation offers.
        is_resend: whether Ada has sent the invitation before.
    """
    return in_team("Ada", "team_member_invited", role=role, is_resend=is_resend)


def joined(who: str, role: str, via: str, *, members: int, teams: int = 1) -> tuple[Arrival, ...]:
    """Return the events of a person who joins by an invitation.

    Args:
        who: the person's name.
        role: the person's role in the team.
        via: `signup` for a new account, else `existing_account`.
        members: the number of the team's members afterwards.
        teams: the number of the person's teams afterwards.
    """
    return (
        in_team(who, "team_member_joined", role=role, joined_via=via, invite_age_days=0),
        team(ENGINES, who, member_count=members),
        person(who, {"$set": {"role": role, "teams_count": teams}}),
    )


def first_view(who: str, name: str = ENGINES) -> Arrival:
    """Return the event of the first view of the dashboard.

    Args:
        who: the person's name.
        name: the team's name.
    """
    return in_team(who, "dashboard_first_view", name, days_since_signup=0)


def settings(who: str, section: str, *fields: str) -> Arrival:
    """Return the event of a change to a person's own settings.

    Args:
        who: the person's name.
        section: the form, such as `profile`.
        fields: the names of the changed fields.
    """
    return of(who, "settings_updated", section=section, changed_fields=list(fields))


def synced(
    who: str, trigger: str, *, is_initial: bool, outcome: str = "success", **more: Any
) -> tuple[Arrival, ...]:
    """Return the events of one sync of one repository.

    Args:
        who: the name of the person who started the sync.
        trigger: the sync's trigger, such as `manual`.
        is_initial: whether it is the first sync of the repository.
        outcome: `success` or `failed`.
        more: further properties, such as `error_type`.
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
    """Return the events of an error.

    Args:
        who: the person's name.
        about: properties of the view or task, and of the request.
        raised: each exception with the function that raised it, outermost first.
        session: the name of the person in whose browser session the error happened, if any.
        team: the current team's name, if known.
        told: properties that the product adds to `error_occurred`.
    """
    kind = raised[0].partition(" ")[0]
    known = {"error_type": kind, **about, "handled": False, "occurrences": 1}
    return (
        Arrival("$exception", who, {**known, "raised": raised}, team, session),
        Arrival("error_occurred", who, {**known, **(told or {})}, team, session),
    )
