"""The running product in Chromium: what people do in its pages, and what PostHog gets of it."""
