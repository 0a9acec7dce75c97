// The browser's history: what it brings back is asked for again, for somebody else may be signed in by now.

/** Reload what the back and forward buttons bring back as it was, and what they could not bring. */
export function watchHistory(): void {
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    // Kept as it was left, such as before a logout: not to be seen until the server has answered.
    document.documentElement.hidden = true;
    location.reload();
  });
  // htmx leaves the old page where the answer is a no; the browser shows it.
  document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());
}
