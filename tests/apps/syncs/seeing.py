"""Results of a sync: the saved rows, their difference from the sandbox's data, and the requests made."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.integrations.models import BROKEN_OFF_AFTER, SyncRun
from apps.metrics.models import PullRequest, Repository, Review
from tformance.sandbox.running import RunningSandbox

__all__ = ["ENGINE", "LOOM", "break_off", "cursors", "everything", "missing", "rows", "sync_path"]

ENGINE, LOOM = "analytical-engines/engine", "analytical-engines/loom"


def sync_path(repository: Repository) -> str:
    return f"/integrations/repositories/{repository.pk}/sync/"


def rows(repository: Repository) -> list[tuple[object, ...]]:
    """Return the saved fields of each pull request and review, without our ids."""
    pulls = PullRequest.objects.filter(repository=repository).order_by("number")
    names = [field.attname for field in PullRequest._meta.concrete_fields if field.name != "id"]
    reviews = Review.objects.filter(pull_request__repository=repository).order_by("external_id")
    return [
        *pulls.values_list(*names),
        *reviews.values_list("external_id", "pull_request__number", "reviewer", "state", "submitted_at"),
    ]


def everything(repository: Repository) -> set[tuple[object, ...]]:
    """Return the number, title, state and review count of each saved pull request."""
    pulls = PullRequest.objects.filter(repository=repository).prefetch_related("reviews")
    return {(one.number, one.title, one.state, len(one.reviews.all())) for one in pulls}


def missing(sandbox: RunningSandbox, repository: Repository) -> set[tuple[object, ...]]:
    """Return the entries of `everything` that differ between the sandbox and the database."""
    there = {
        (one["number"], one["title"], one["state"].lower(), len(one["reviews"]))
        for one in sandbox.pull_requests(repository.full_name)
    }
    return there ^ everything(repository)


def cursors(sandbox: RunningSandbox) -> list[Any]:
    """Return the cursor with which each page of pull requests was requested."""
    bodies = (json.loads(one["body"]) for one in sandbox.requests() if one["path"].endswith("/graphql"))
    return [body["variables"]["after"] for body in bodies if "order" in body["variables"]]


def break_off(run: SyncRun) -> None:
    """Backdate a run, so that it counts as interrupted."""
    SyncRun.objects.filter(pk=run.pk).update(seen_at=timezone.now() - BROKEN_OFF_AFTER - timedelta(seconds=1))
