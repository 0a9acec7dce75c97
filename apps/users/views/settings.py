"""Views of a person's own settings."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.users.consent import keep_answer
from apps.users.events import SettingsSection, SettingsUpdated
from apps.users.forms import NotificationsForm, PrivacyForm, ProfileForm
from apps.users.models import User
from otel import record

__all__ = ["notifications", "privacy", "profile"]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the profile that others see."""
    return _settings_page(request, "profile", ProfileForm)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Show and change which emails the person gets."""
    return _settings_page(request, "notifications", NotificationsForm)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """Show and change whether the person's events are recorded."""
    return _settings_page(request, "privacy", PrivacyForm)


def _settings_page(
    request: HttpRequest, section: SettingsSection, form_class: type[ModelForm[User]]
) -> HttpResponse:
    # A separate instance, because an invalid form leaves its values on the instance.
    user = User.objects.get(pk=cast("User", request.user).pk)
    form = form_class(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        response = redirect(f"users:{section}")
        if form.changed_data:
            if "analytics_opt_out" in form.changed_data:
                keep_answer(request, response, is_refused=form.instance.analytics_opt_out)
            with transaction.atomic():
                # Save only these fields, because another request may have changed others meanwhile.
                form.instance.save(update_fields=form.changed_data)
                request.user = form.instance  # the new opt-out applies to the event that reports the change
                record(SettingsUpdated(section=section, changed_fields=tuple(form.changed_data)))
        messages.success(request, "Saved.")
        return response
    return render(request, f"users/{section}.html", {"form": form})
