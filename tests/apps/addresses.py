"""Every URL of the product, with the people who may use it; `test_permissions.py` tries all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ADDRESSES", "Address", "Rule"]

# Visitors; people with an account; members of the current team; its admins; Tformance's own staff.
Rule = Literal["public", "signed_in", "member", "admin", "staff"]


@dataclass(frozen=True)
class Address:
    """A URL of the product.

    Args:
        name: the view's name, as in `reverse`.
        path: an example; `{…}` stands for the id of one of Acme's objects (fixture `things`).
        get: the people who may send a GET; None for a view that accepts only POST.
        post: the people who may send a POST; None for nobody.
        form: form data with which a POST would change something.
        back: the target of the redirect for a GET of a view that accepts only POST and shows a page when it
            refuses; empty for other views.
    """

    name: str
    path: str
    get: Rule | None = None
    post: Rule | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    back: str = ""


ADDRESSES = (
    # web
    Address("web:landing", "/", get="public"),
    Address("web:dashboard", "/dashboard/", get="member"),
    Address("web:notice", "/privacy/notice/", post="public", form={"choice": "out"}),
    Address("web:health", "/health/", get="public"),
    Address("web:ready", "/readyz/", get="public"),
    Address("web:fail", "/debug/fail/", get="staff", post="staff"),
    Address("web:fail_in_task", "/debug/fail-in-task/", get="staff"),
    # allauth
    Address("account_login", "/accounts/login/", get="public", post="public"),
    Address("account_logout", "/accounts/logout/", get="public", post="public"),
    Address("account_inactive", "/accounts/inactive/", get="public"),
    Address("account_signup", "/accounts/signup/", get="public", post="public"),
    Address("account_reauthenticate", "/accounts/reauthenticate/", get="signed_in", post="signed_in"),
    Address("account_email", "/accounts/email/", get="signed_in", post="signed_in"),
    Address("account_email_verification_sent", "/accounts/confirm-email/", get="public"),
    Address("account_confirm_email", "/accounts/confirm-email/made-up/", get="public", post="public"),
    Address("account_change_password", "/accounts/password/change/", get="signed_in", post="signed_in"),
    Address("account_set_password", "/accounts/password/set/", get="signed_in", post="signed_in"),
    Address("account_reset_password", "/accounts/password/reset/", get="public", post="public"),
    Address("account_reset_password_done", "/accounts/password/reset/done/", get="public"),
    Address("account_reset_password_from_key", "/accounts/password/reset/key/1-made-up/", get="public"),
    Address("account_reset_password_from_key_done", "/accounts/password/reset/key/done/", get="public"),
    Address("account_confirm_login_code", "/accounts/login/code/confirm/", get="public", post="public"),
    Address("socialaccount_login_cancelled", "/accounts/3rdparty/login/cancelled/", get="public"),
    Address("socialaccount_login_error", "/accounts/3rdparty/login/error/", get="public"),
    Address("socialaccount_signup", "/accounts/3rdparty/signup/", get="public", post="public"),
    Address("socialaccount_connections", "/accounts/3rdparty/", get="signed_in", post="signed_in"),
    Address("github_login", "/accounts/github/login/", get="public", post="public"),
    Address("github_callback", "/accounts/github/login/callback/", get="public"),
    # users
    Address("users:profile", "/profile/", get="signed_in", post="signed_in", form={"name": "Eve"}),
    Address("users:notifications", "/profile/notifications/", get="signed_in", post="signed_in"),
    Address(
        "users:privacy",
        "/profile/privacy/",
        get="signed_in",
        post="signed_in",
        form={"analytics_opt_out": "on"},
    ),
    Address("users:delete", "/profile/delete/", get="signed_in", post="signed_in"),
    # teams
    Address("teams:create", "/teams/new/", get="signed_in", post="signed_in", form={"name": "Mine"}),
    Address("teams:switch", "/teams/switch/", post="signed_in", form={"team": "{team}"}),
    Address("teams:members", "/team/", get="member"),
    Address(
        "teams:settings",
        "/team/settings/",
        get="admin",
        post="admin",
        form={"name": "Mine", "slug": "mine", "plan": "pro"},
    ),
    Address("teams:leave", "/team/leave/", post="member"),
    Address("teams:set_role", "/team/members/{membership}/role/", post="admin", form={"role": "admin"}),
    Address("teams:remove", "/team/members/{membership}/remove/", post="admin"),
    Address(
        "teams:invite",
        "/team/invitations/",
        post="admin",
        form={"email": "eve@else.example", "role": "admin"},
        back="/team/",
    ),
    Address("teams:resend", "/team/invitations/{invitation}/resend/", post="admin"),
    Address("teams:cancel", "/team/invitations/{invitation}/cancel/", post="admin"),
    # Everybody who has the link may see the invitation.
    Address("teams:invitation", "/invitations/{token}/", get="public"),
    Address("teams:accept", "/invitations/{token}/accept/", post="signed_in", back="/invitations/{token}/"),
    Address("teams:sign_up", "/invitations/{token}/sign-up/", post="public", back="/invitations/{token}/"),
    # metrics
    Address("metrics:tab", "/analytics/overview/", get="member"),
    Address("metrics:pull_requests", "/analytics/pull-requests/", get="member"),
    Address("metrics:export", "/analytics/pull-requests.csv", get="member"),
    Address("metrics:pull_request", "/analytics/pull-requests/{pull_request}/", get="member"),
    # insights
    Address("insights:list", "/insights/", get="member"),
    Address("insights:detail", "/insights/{insight}/", get="member"),
    Address("insights:dismiss", "/insights/{insight}/dismiss/", post="member"),
    Address("insights:restore", "/insights/{insight}/restore/", post="member"),
    # feedback
    Address(
        "feedback:send",
        "/feedback/",
        get="member",
        post="member",
        form={"category": "idea", "text": "More charts"},
    ),
    Address("feedback:received", "/feedback/received/", get="staff"),
    # integrations
    Address("integrations:index", "/integrations/", get="member"),
    Address("integrations:disconnect", "/integrations/github/disconnect/", post="admin"),
    Address("integrations:repositories", "/integrations/github/repositories/", get="member", post="admin"),
    Address("integrations:projects", "/integrations/jira/projects/", get="member", post="admin"),
    Address("integrations:slack", "/integrations/slack/features/", get="member", post="admin"),
    Address("integrations:sync", "/integrations/sync/", post="admin"),
    Address("integrations:sync_repository", "/integrations/repositories/{repository}/sync/", post="admin"),
    Address("integrations:progress", "/integrations/progress/", get="member"),
    # onboarding
    Address("onboarding:start", "/onboarding/", get="member"),
    Address("onboarding:step", "/onboarding/github/", get="member", post="admin"),
    Address("onboarding:skip", "/onboarding/github/skip/", post="admin"),
    Address("onboarding:complete", "/onboarding/complete/", get="member", post="admin"),
    # auth
    Address("auth:start", "/auth/github/start/", post="admin", form={"flow": "settings"}),
    # The person who started the flow, identified by the signed state, for the team it was started for.
    Address("auth:callback", "/auth/github/callback/", get="signed_in"),
    Address("auth:choose", "/auth/github/choose/", get="signed_in", post="signed_in"),
)
