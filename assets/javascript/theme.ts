// The theme, before the first paint: a small classic script in the head, for the policy forbids inline ones.

export type Theme = "light" | "dark" | "system";

export interface Themes {
  /** What this person has chosen. */
  readonly chosen: Theme;
  /** Choose, keep the choice, and show it. */
  choose(theme: Theme): void;
}

declare global {
  interface Window {
    themes: Themes;
  }
}

// Everything within a function: a classic script would put its names into the window.
(() => {
  const STORED_AS = "theme";
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = read();

  function read(): Theme {
    try {
      const stored = localStorage.getItem(STORED_AS);
      return stored === "light" || stored === "dark" ? stored : "system";
    } catch {
      // A browser that forbids storage keeps the choice for as long as the page.
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
      // As above.
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
  // Chosen in another tab.
  addEventListener("storage", ({ key }) => {
    if (key !== STORED_AS) return;
    chosen = read();
    show();
  });
  show();
})();
