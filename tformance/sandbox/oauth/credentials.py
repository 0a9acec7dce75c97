"""The credentials of the application that is registered at the sandbox, and their place in requests."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "basic", "bearer", "given", "is_client"]

CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - not a secret: it is valid only at the sandbox


def bearer(request: Request) -> str:
    """Return the token in a request's `Authorization` header; empty if there is no token.

    Args:
        request: the request; the scheme may be `Bearer` or `token`, GitHub's older scheme.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "token") else ""


def basic(request: Request) -> tuple[str, str]:
    """Return the name and password of basic authentication; both are empty without a valid header.

    Args:
        request: the request.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


async def given(request: Request) -> dict[str, str]:
    """Return the parameters of a request, from its query and from its body, which may be JSON or a form.

    Args:
        request: the request.
    """
    parameters = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        # slack_sdk labels an empty body as JSON too.
        data = await request.json() if await request.body() else {}
        return parameters | {name: str(value) for name, value in data.items()}
    return parameters | {name: str(value) for name, value in (await request.form()).items()}


def is_client(request: Request, parameters: dict[str, str]) -> bool:
    """Return whether a request has the application's credentials, in its header or in its parameters.

    Args:
        request: the request, whose basic authentication takes precedence.
        parameters: the request's parameters, which may contain `client_id` and `client_secret`.
    """
    named = basic(request)
    if named == ("", ""):
        named = parameters.get("client_id", ""), parameters.get("client_secret", "")
    return named == (CLIENT_ID, CLIENT_SECRET)
