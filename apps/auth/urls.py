"""The addresses of OAuth."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "auth"

urlpatterns: list[URLPattern] = []
