"""The Celery task that emails urgent insights."""

from __future__ import annotations

from urllib.parse import urljoin

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from apps.insights.models import Insight
from apps.users.models import User

__all__ = ["mail_urgent"]


# Retry three times, within minutes, if the mail server is unavailable (SMTPException is an OSError).
@shared_task(autoretry_for=(OSError,), retry_backoff=30)
def mail_urgent(user_pk: int, insight_pks: list[int]) -> None:
    """Email a member about urgent insights, unless the member has left the team or disabled these emails.

    Args:
        user_pk: the member's primary key.
        insight_pks: the primary keys of the insights, all of one team.
    """
    insights = list(Insight.objects.filter(pk__in=insight_pks).select_related("team").order_by("pk"))
    user = User.objects.filter(
        pk=user_pk, insight_emails=True, is_active=True, memberships__team__insights__in=insights[:1]
    ).first()
    if user is None:
        return
    context = {
        "insights": insights,
        "team": insights[0].team,
        "list_url": urljoin(settings.SITE_URL, reverse("insights:list")),
        "settings_url": urljoin(settings.SITE_URL, reverse("users:notifications")),
    }
    count = "An urgent insight" if len(insights) == 1 else f"{len(insights)} urgent insights"
    message = render_to_string("insights/email/urgent.txt", context)
    send_mail(f"{count} about your team's delivery", message, None, [user.email])
