"""Values as PostHog's capture service reads them: ids, JSON and times."""
