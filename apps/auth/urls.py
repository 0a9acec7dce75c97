"""URL patterns of the OAuth flows."""

from __future__ import annotations

from django.urls import path

from apps.auth import views

app_name = "auth"

urlpatterns = [
    path("<str:provider>/start/", views.start, name="start"),
    path("<str:provider>/callback/", views.callback, name="callback"),
    path("<str:provider>/choose/", views.choose, name="choose"),
]
