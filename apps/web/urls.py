"""URL patterns of the web app."""

from __future__ import annotations

from django.urls import path

from apps.web import notice, views
from apps.web.readiness import ready

app_name = "web"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("privacy/notice/", notice.answer, name="notice"),
    path("health/", views.health, name="health"),
    path("readyz/", ready, name="ready"),
    path("debug/fail/", views.fail, name="fail"),
    path("debug/fail-in-task/", views.fail_in_task, name="fail_in_task"),
]
