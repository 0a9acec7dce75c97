// The theme, applied before the first paint by a small classic script in the head: the policy forbids inline scripts.

export type Theme = "light" | "dark" | "system";

export interface Themes {
  /** The theme that this person has chosen. */
  readonly chosen: Theme;
  /** Choose a theme: store and apply it. */
  choose(theme: Theme): void;
}

declare global {
  interface Window {
    themes: Themes;
  }
}

// Inside a function, because top-level names of a classic script would be global.
(() => {
  const STORED_AS = "theme";
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = read();

  function read(): Theme {
    try {
      const stored = localStorage.getItem(STORED_AS);
      return stored === "light" || stored === "dark" ? stored : "system";
    } catch {
      // If the browser forbids storage, the choice lasts as long as the page.
      return "system";
    }
  }

  function show(): void {
    const isDark = chosen === "dark" || (chosen === "system" && prefersDark.matches);
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  }

  function choose(theme: Theme): void {
    chosen = theme;
    try {
      localStorage.setItem(STORED_AS, theme);
    } catch {
      // See `read`.
    }
    show();
  }

  window.themes = {
    get chosen() {
      return chosen;
    },
    choose,
  };
  prefersDark.addEventListener("change", show);
  // A theme was chosen in another tab.
  addEventListener("storage", ({ key }) => {
    if (key !== STORED_AS) return;
    chosen = read();
    show();
  });
  show();
})();
