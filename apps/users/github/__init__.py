"""Login with GitHub: allauth's provider, with the URL and credentials from Django's settings."""
