"""Going back to the page that a form was opened on."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme

__all__ = ["safe_redirect"]


def safe_redirect(address: str) -> str:
    """Return an address if it is a path of ours, such as "/insights/?page=2"; else nothing.

    Args:
        address: as a browser has sent it, so anything.
    """
    # Without a slash it would be looked up as the name of a view.
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours else ""
