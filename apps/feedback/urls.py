"""URL patterns of the feedback app."""

from __future__ import annotations

from django.urls import path

from apps.feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.send, name="send"),
    path("received/", views.received, name="received"),
]
