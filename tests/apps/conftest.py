"""Fixtures: Alice is Acme's admin, Bob a member, Charlie the admin of another team; a browser for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.test import Client
from pytest_django import Settings

from apps.teams.membership.memberships import create_team
from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from tformance.celery import app as celery
from tformance.sandbox.running import RunningSandbox, running_sandbox

PASSWORD = "correct horse battery"

Browser = Callable[[User | None], Client]


@pytest.fixture(scope="session", autouse=True)
def _no_content_types() -> None:
    """Skip Django's permissions and content types: creating them again takes longer than most tests."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def _product(transactional_db: None, settings: Settings) -> Iterator[None]:
    """Use fast password hashes, run tasks eagerly, and clear allauth's rate limits."""
    celery.conf.update(task_always_eager=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    celery.conf.update(task_always_eager=False)


@pytest.fixture
def browser() -> Browser:
    """Return a function that opens a new session, signed in or not."""

    def open_session(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return open_session


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@acme.example", PASSWORD, name="Alice")


@pytest.fixture
def acme(alice: User) -> Team:
    return create_team(alice, name="Acme", slug="acme").team


@pytest.fixture
def bob(acme: Team) -> User:
    user = User.objects.create_user("bob@acme.example", PASSWORD, name="Bob")
    Membership.objects.create(team=acme, user=user, role=Role.MEMBER)
    return user


@pytest.fixture
def charlie() -> User:
    return User.objects.create_user("charlie@other.example", PASSWORD, name="Charlie")


@pytest.fixture
def other(charlie: User) -> Team:
    return create_team(charlie, name="Other", slug="other").team


@pytest.fixture(scope="session")
def _started_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_started_sandbox: RunningSandbox, settings: Settings) -> RunningSandbox:
    """Connect the product to a fresh sandbox."""
    _started_sandbox.reset()
    for name, value in _started_sandbox.settings().items():
        setattr(settings, name, value)
    return _started_sandbox
