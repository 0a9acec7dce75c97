"""Connecting a team to the sandbox as Ada, without the product's pages."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from apps.integrations.choices.repositories import refresh_repositories, set_tracked
from apps.integrations.connections.lifecycle import connect
from apps.integrations.models import Connection, Provider
from apps.integrations.providers import PROVIDERS
from apps.integrations.providers.grant import Grant
from apps.teams.models import Team
from apps.users.models import User
from tests.apps.syncs.seeing import ENGINE, LOOM
from tformance.sandbox.running import RunningSandbox

__all__ = ["connected", "tracking"]


def _granted(sandbox: RunningSandbox, provider: Provider) -> Grant:
    """Return the access that Ada grants, through the two redirects of OAuth."""
    module, redirect_uri, verifier = PROVIDERS[provider], "http://127.0.0.1/back", "v" * 43
    url = module.authorize_url(redirect_uri=redirect_uri, state="state", verifier=verifier)
    (code,) = parse_qs(urlsplit(sandbox.authorize(url)).query)["code"]
    return module.exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def connected(sandbox: RunningSandbox, team: Team, user: User, provider: Provider) -> Connection:
    """Connect a team to Ada's first account at a provider."""
    grant = _granted(sandbox, provider)
    accounts = sorted(PROVIDERS[provider].accounts(grant.access_token), key=lambda one: one.name)
    return connect(team, provider, accounts[0], grant, user=user, flow="settings")


def tracking(sandbox: RunningSandbox, team: Team, user: User) -> Connection:
    """Connect a team to GitHub, and track two of its repositories."""
    made = connected(sandbox, team, user, Provider.GITHUB)
    found = refresh_repositories(team, made)
    set_tracked(team, [one.external_id for one in found if one.full_name in (ENGINE, LOOM)])
    return made
