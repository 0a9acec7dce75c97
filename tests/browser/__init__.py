"""The browser's half, driven in Chromium: a small site of the tests' own, and what PostHog would have got."""
