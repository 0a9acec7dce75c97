"""Prepare the product's database: Alice runs Acme, which tracks two repositories of the sandbox."""

from __future__ import annotations

import sys

import django
from django.core.management import call_command

django.setup()

from apps.teams.membership.memberships import create_team  # noqa: E402 - Django is set up first
from apps.users.models import User  # noqa: E402
from tests.apps.syncs.connecting import tracking  # noqa: E402
from tformance.sandbox.running import RunningSandbox  # noqa: E402

call_command("migrate", verbosity=0)
alice = User.objects.create_user("alice@acme.example", sys.argv[2], name="Alice")
acme = create_team(alice, name="Acme", slug="acme").team
tracking(RunningSandbox(sys.argv[1]), acme, alice)
