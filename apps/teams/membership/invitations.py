"""Inviting people to a team by e-mail, and letting them in."""

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
    """Raised when an invitation is kept, but its mail could not be sent."""


def invite(team: Team, email: str, role: Role, *, inviter: User, build_url: BuildUrl) -> Invitation:
    """Invite an address, which has no pending invitation to this team.

    Args:
        team: which to join.
        email: who is invited.
        role: what the new member may do.
        inviter: an admin of the team.
        build_url: makes a path a full address, as `request.build_absolute_uri` does.

    Raises:
        NotSentError: if the mail could not be sent; it can be sent again.
    """
    invitation = Invitation.objects.create(team=team, email=email.lower(), role=role, invited_by=inviter)
    _send(invitation, inviter, build_url)
    return invitation


def resend(invitation: Invitation, *, inviter: User, build_url: BuildUrl) -> None:
    """Send an invitation again, with its time starting anew.

    Args:
        invitation: open or expired.
        inviter: an admin of the team.
        build_url: makes a path a full address.

    Raises:
        InvitationClosedError: if it is accepted or cancelled.
        NotSentError: if the mail could not be sent; it can be sent again.
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
    """Make an invitation's link worthless.

    Args:
        invitation: open or expired.

    Raises:
        InvitationClosedError: if it is accepted or cancelled.
    """
    invitation = _locked(invitation)
    if invitation.state not in (InvitationState.OPEN, InvitationState.EXPIRED):
        raise InvitationClosedError
    invitation.cancelled_at = timezone.now()
    invitation.save(update_fields=["cancelled_at"])


@transaction.atomic
def accept(invitation: Invitation, user: User, *, joined_via: JoinedVia) -> Membership:
    """Let the invited person in, and turn the person to the team.

    Args:
        invitation: an open one.
        user: has the address that was invited.
        joined_via: whether the account was there before.

    Raises:
        InvitationClosedError: if it is accepted, cancelled or expired.
        WrongAddressError: if it was sent to another address.
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
    """Read it again, so that of two clicks at once the second sees what the first has done.

    The team too, whose other invitations may be accepted at the same time.
    """
    return (
        Invitation.objects.select_for_update(of=("self", "team")).select_related("team").get(pk=invitation.pk)
    )


def _send(invitation: Invitation, inviter: User, build_url: BuildUrl) -> None:
    """Send the link, outside of transactions, and only if that succeeds record that it was sent."""
    context = {
        "invitation": invitation,
        "inviter": inviter,
        "link": build_url(reverse("teams:invitation", args=[invitation.token])),
    }
    message = render_to_string("teams/email/invitation.txt", context)
    identity = identity_in(inviter, invitation.team)
    try:
        send_mail(f"Join {invitation.team.name} on Tformance", message, None, [invitation.email])
    except OSError as error:  # SMTPException is one, too
        _log.exception("the mail of invitation %s could not be sent", invitation.pk)
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
