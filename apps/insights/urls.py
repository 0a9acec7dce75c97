"""URL patterns of the insights app."""

from __future__ import annotations

from django.urls import path

from apps.insights import views

app_name = "insights"

urlpatterns = [
    path("", views.list_insights, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("<int:pk>/restore/", views.restore, name="restore"),
]
