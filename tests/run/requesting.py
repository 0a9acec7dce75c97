"""`python -m tests.run.requesting SANDBOX`: connects a team to GitHub and requests all syncs."""

from __future__ import annotations

import sys

import django

__all__ = ["main"]


def main(sandbox_url: str) -> None:
    """Create the team, and request its syncs."""
    django.setup()
    from apps.integrations.choices.repositories import refresh_repositories, set_tracked
    from apps.integrations.models import Provider, Trigger
    from apps.integrations.sync.requests import request_syncs
    from apps.teams.membership.memberships import create_team
    from apps.users.models import User
    from tests.apps.syncs.connecting import connected
    from tformance.sandbox.running import RunningSandbox

    ada = User.objects.create_user("ada@example.com", None)
    team = create_team(ada, name="Analytical Engines", slug="analytical-engines").team
    connection = connected(RunningSandbox(sandbox_url), team, ada, Provider.GITHUB)
    found = refresh_repositories(team, connection)
    set_tracked(team, [one.external_id for one in found])
    request_syncs(team, Trigger.MANUAL)


if __name__ == "__main__":
    main(sys.argv[1])
