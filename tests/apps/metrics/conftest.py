"""Fixtures for repositories of Acme and of another team."""

from __future__ import annotations

import pytest

from apps.metrics.models import Repository
from apps.teams.models import Team


@pytest.fixture
def engine(acme: Team) -> Repository:
    return Repository.objects.create(team=acme, external_id=1, full_name="acme/engine", is_tracked=True)


@pytest.fixture
def loom(acme: Team) -> Repository:
    return Repository.objects.create(team=acme, external_id=2, full_name="acme/loom", is_tracked=True)


@pytest.fixture
def foreign(other: Team) -> Repository:
    return Repository.objects.create(team=other, external_id=3, full_name="other/secret", is_tracked=True)
