"""URL patterns of the metrics app."""

from __future__ import annotations

from django.urls import path

from apps.metrics.views import analytics, export, pull_request, pull_requests

app_name = "metrics"

urlpatterns = [
    path("pull-requests/", pull_requests.pull_requests, name="pull_requests"),
    path("pull-requests.csv", export.export, name="export"),
    path("pull-requests/<int:pk>/", pull_request.pull_request, name="pull_request"),
    path("<str:tab>/", analytics.tab, name="tab"),
]
