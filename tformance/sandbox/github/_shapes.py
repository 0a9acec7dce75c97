"""People, organizations and repositories in GitHub's REST API, with every documented field."""

from __future__ import annotations

from typing import Any

from tformance.sandbox.story.people import Organisation, Person, RepositoryPlan, number_of

__all__ = ["account", "organisation", "organisation_in_full", "repository", "user"]

# An arbitrary date; nothing depends on it.
_LONG_AGO = "2019-06-12T08:00:00Z"

_OF_ACCOUNT = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos",
               "events", "received_events")  # fmt: skip
_PATH_OF_ACCOUNT = {
    "following": "following{/other_user}",
    "gists": "gists{/gist_id}",
    "starred": "starred{/owner}{/repo}",
    "organizations": "orgs",
    "events": "events{/privacy}",
}
_OF_REPOSITORY = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}


def account(origin: str, login: str, kind: str = "User", number: int = 0) -> dict[str, Any]:
    """Return an account as it appears in lists and as an owner.

    Args:
        origin: the sandbox's origin.
        login: the account's login.
        kind: `User` or `Organization`.
        number: GitHub's id; by default it is derived from the login.
    """
    url = f"{origin}/github/api/v3/users/{login}"
    return {
        "login": login,
        "id": number or number_of(login),
        "node_id": f"{kind[0]}_{login}",
        "avatar_url": f"{origin}/github/avatars/{login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{origin}/github/{login}",
        **{f"{name}_url": f"{url}/{_PATH_OF_ACCOUNT.get(name, name)}" for name in _OF_ACCOUNT},
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def user(origin: str, person: Person) -> dict[str, Any]:
    """Return the authenticated user.

    Args:
        origin: the sandbox's origin.
        person: the token's owner.
    """
    return account(origin, person.login) | {
        "name": person.name,
        "company": None,
        "blog": "",
        "location": None,
        # Null unless people publish their address; `/user/emails` returns it.
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def organisation(origin: str, one: Organisation) -> dict[str, Any]:
    """Return an organization as it appears in lists.

    Args:
        origin: the sandbox's origin.
        one: the organization.
    """
    url = f"{origin}/github/api/v3/orgs/{one.login}"
    return {
        "login": one.login,
        "id": one.id,
        "node_id": f"O_{one.id}",
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{origin}/github/avatars/{one.login}",
        "description": one.about,
    }


def organisation_in_full(origin: str, one: Organisation) -> dict[str, Any]:
    """Return an organization with all its fields.

    Args:
        origin: the sandbox's origin.
        one: the organization.
    """
    return organisation(origin, one) | {
        "name": one.login.replace("-", " ").title(),
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{origin}/github/{one.login}",
        "type": "Organization",
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "archived_at": None,
    }


def repository(origin: str, one: RepositoryPlan, owner: Organisation, open_count: int) -> dict[str, Any]:
    """Return a repository.

    Args:
        origin: the sandbox's origin.
        one: the repository.
        owner: the repository's owner.
        open_count: the number of open pull requests.
    """
    url = f"{origin}/github/api/v3/repos/{one.full_name}"
    html_url = f"{origin}/github/{one.full_name}"
    return {
        "id": one.id,
        "node_id": f"R_{one.id}",
        "name": one.name,
        "full_name": one.full_name,
        "private": True,
        "owner": account(origin, owner.login, "Organization", owner.id),
        "html_url": html_url,
        "description": one.about,
        "fork": False,
        "url": url,
        **{f"{name}_url": f"{url}/{path}" for name, path in _OF_REPOSITORY.items()},
        "git_url": f"git://{html_url.partition('://')[2]}.git",
        "ssh_url": f"git@{html_url.partition('://')[2]}.git",
        "clone_url": f"{html_url}.git",
        "svn_url": html_url,
        "mirror_url": None,
        "homepage": None,
        "language": "Python",
        "license": None,
        "forks": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "subscribers_count": 0,
        "network_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "size": 1024,
        "default_branch": "main",
        "open_issues": open_count,
        "open_issues_count": open_count,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "private",
        "topics": [],
        "is_template": False,
        "pushed_at": _LONG_AGO,
        "created_at": _LONG_AGO,
        "updated_at": _LONG_AGO,
        "permissions": {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True},
    }
