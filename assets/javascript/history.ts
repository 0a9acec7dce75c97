// The browser's history: restored pages are reloaded, because another person may have signed in since.

/** Reload pages that the back-forward cache restores, and pages that htmx fails to restore. */
export function watchHistory(): void {
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    // The page may be from before a logout: hide it until the server has responded.
    document.documentElement.hidden = true;
    location.reload();
  });
  // On an error response, htmx keeps the old page; a reload shows the error.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
}
