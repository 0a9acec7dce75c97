"""Inviting people to a team by email, and accepting invitations."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps.teams.events import JoinedVia, RoleName, TeamMemberInvited, TeamMemberJoined
from apps.teams.membership.memberships import join
from apps.teams.models import Invitation, InvitationState, Membership, Role, Team, new_expiry
from apps.teams.telemetry import identity_in
from apps.users.models import User
from otel import record, record_error

__all__ = [
    "InvitationClosedError",
    "NotSentError",
    "WrongAddressError",
    "accept",
    "cancel",
    "invite",
    "resend",
]

_log = logging.getLogger(__name__)

BuildUrl = Callable[[str], str]


class InvitationClosedError(Exception):
    """Raised for an invitation that is accepted, cancelled or expired."""


class WrongAddressError(Exception):
    """Raised for an invitation that was sent to another address."""


class NotSentError(Exception):
    """Raised when an invitation was saved but its email could not be sent."""


def invite(team: Team, email: str, role: Role, *, inviter: User, build_url: BuildUrl) -> Invitation:
    """Invite an address that has no pending invitation to the team.

    Args:
        team: the team to join.
        email: the address to invite.
        role: the role of the new member.
        inviter: an admin of the team.
        build_url: turns a path into an absolute URL, like `request.build_absolute_uri`.

    Raises:
        NotSentError: if the email could not be sent; `resend` can send it later.
    """
    invitation = Invitation.objects.create(team=team, email=email.lower(), role=role, invited_by=inviter)
    _send(invitation, inviter, build_url)
    return invitation


def resend(invitation: Invitation, *, inviter: User, build_url: BuildUrl) -> None:
    """Send an invitation again, and extend its expiry.

    Args:
        invitation: an open or expired invitation.
        inviter: an admin of the team.
        build_url: turns a path into an absolute URL, like `request.build_absolute_uri`.

    Raises:
        InvitationClosedError: if the invitation was accepted or cancelled.
        NotSentError: if the email could not be sent; `resend` can send it later.
    """
    with transaction.atomic():
        invitation = _locked(invitation)
        if invitation.state not in (InvitationState.OPEN, InvitationState.EXPIRED):
            raise InvitationClosedError
        invitation.expires_at = new_expiry()
        invitation.save(update_fields=["expires_at"])
    _send(invitation, inviter, build_url)


@transaction.atomic
def cancel(invitation: Invitation) -> None:
    """Cancel an invitation, so that its link cannot be used.

    Args:
        invitation: an open or expired invitation.

    Raises:
        InvitationClosedError: if the invitation was accepted or cancelled.
    """
    invitation = _locked(invitation)
    if invitation.state not in (InvitationState.OPEN, InvitationState.EXPIRED):
        raise InvitationClosedError
    invitation.cancelled_at = timezone.now()
    invitation.save(update_fields=["cancelled_at"])


@transaction.atomic
def accept(invitation: Invitation, user: User, *, joined_via: JoinedVia) -> Membership:
    """Add the invited person to the team, and make it the person's current team.

    Args:
        invitation: an open invitation.
        user: the person with the invited address.
        joined_via: whether the person had an account or signed up to join.

    Raises:
        InvitationClosedError: if the invitation was accepted or cancelled, or has expired.
        WrongAddressError: if the invitation was sent to another address.
    """
    invitation = _locked(invitation)
    if invitation.state is not InvitationState.OPEN:
        raise InvitationClosedError
    if not invitation.is_for(user.email):
        raise WrongAddressError
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    membership, is_new = join(user, invitation.team, invitation.role)
    if is_new:
        record(
            TeamMemberJoined(
                team_slug=invitation.team.slug,
                role=cast("RoleName", membership.role),
                joined_via=joined_via,
                invite_age_days=(invitation.accepted_at - invitation.created_at).days,
            ),
            identity=identity_in(user, invitation.team),
        )
    return membership


def _locked(invitation: Invitation) -> Invitation:
    """Lock and reload an invitation, so that of two concurrent requests the second sees the first's result.

    The team is locked too, because its other invitations may be accepted at the same time.
    """
    return (
        Invitation.objects.select_for_update(of=("self", "team")).select_related("team").get(pk=invitation.pk)
    )


def _send(invitation: Invitation, inviter: User, build_url: BuildUrl) -> None:
    """Email the link, and record the event if that succeeds; do not call this inside a transaction."""
    context = {
        "invitation": invitation,
        "inviter": inviter,
        "link": build_url(reverse("teams:invitation", args=[invitation.token])),
    }
    message = render_to_string("teams/email/invitation.txt", context)
    identity = identity_in(inviter, invitation.team)
    try:
        send_mail(f"Join {invitation.team.name} on Tformance", message, None, [invitation.email])
    except OSError as error:  # the base class of SMTPException
        _log.exception("the email for invitation %s could not be sent", invitation.pk)
        record_error(error, identity=identity)
        raise NotSentError from error
    is_first = Invitation.objects.filter(pk=invitation.pk, sent_at=None).update(sent_at=timezone.now())
    record(
        TeamMemberInvited(
            team_slug=invitation.team.slug,
            role=cast("RoleName", invitation.role),
            is_resend=not is_first,
        ),
        identity=identity,
    )
