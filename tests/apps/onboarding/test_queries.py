"""Tests that telemetry does not query the database: the product needs every statement of a step's POST."""

from __future__ import annotations

import pytest

from apps.teams.models import Team
from apps.users.models import User
from tests.apps.conftest import Browser
from tests.apps.queries import statements

# Every page needs the session, the person and the person's teams.
PAGE = ["SELECT django_session", "SELECT users_user", "SELECT teams_membership"]
# The team again, locked, and the records of its steps.
LOCK = ["SELECT teams_team", "SELECT onboarding_steprecord"]
STEP = ["INSERT onboarding_steprecord"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/onboarding/jira/skip/", [*PAGE, *LOCK, *STEP]),
        # The step's own record, and that of the repositories.
        ("/onboarding/github/skip/", [*PAGE, *LOCK, *STEP, *STEP]),
        # A record for each open step, and the end of the team's onboarding.
        ("/onboarding/complete/", [*PAGE, *LOCK, *(4 * STEP), "UPDATE teams_team"]),
    ],
)
def test_a_post_sends_only_the_queries_of_its_step(
    browser: Browser, alice: User, acme: Team, path: str, expected: list[str]
) -> None:
    client = browser(alice)

    assert statements(lambda: client.post(path)) == expected
