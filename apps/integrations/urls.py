"""URL patterns of connections, choices and syncs."""

from __future__ import annotations

from django.urls import path

from apps.integrations.views import choices, connections, syncs

app_name = "integrations"

urlpatterns = [
    path("", connections.index, name="index"),
    path("<str:provider>/disconnect/", connections.disconnect, name="disconnect"),
    path("github/repositories/", choices.repositories, name="repositories"),
    path("jira/projects/", choices.projects, name="projects"),
    path("slack/features/", choices.slack, name="slack"),
    path("sync/", syncs.sync, name="sync"),
    path("repositories/<int:pk>/sync/", syncs.sync_repository, name="sync_repository"),
    path("progress/", syncs.progress, name="progress"),
]
