"""URL patterns of teams; `team/` is about the current team, `invitations/` about the invited person."""

from __future__ import annotations

from django.urls import path

from apps.teams.views import invitations, joining, members, team

app_name = "teams"

urlpatterns = [
    path("teams/new/", team.create, name="create"),
    path("teams/switch/", team.switch, name="switch"),
    path("team/", members.members, name="members"),
    path("team/settings/", team.settings, name="settings"),
    path("team/leave/", members.leave, name="leave"),
    path("team/members/<int:pk>/role/", members.set_role, name="set_role"),
    path("team/members/<int:pk>/remove/", members.remove, name="remove"),
    path("team/invitations/", invitations.invite, name="invite"),
    path("team/invitations/<int:pk>/resend/", invitations.resend, name="resend"),
    path("team/invitations/<int:pk>/cancel/", invitations.cancel, name="cancel"),
    path("invitations/<str:token>/", joining.show, name="invitation"),
    path("invitations/<str:token>/accept/", joining.accept, name="accept"),
    path("invitations/<str:token>/sign-up/", joining.sign_up, name="sign_up"),
]
