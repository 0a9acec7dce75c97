"""OAuth: login with GitHub, and the way to a provider and back."""
