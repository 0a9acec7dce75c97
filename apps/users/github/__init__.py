"""Login with GitHub: allauth's own provider, at the address and with the credentials of Django's settings."""
