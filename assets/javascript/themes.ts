// The theme menu: the buttons that choose a theme, anywhere on the page, and Alpine's store.

import Alpine from "@alpinejs/csp";

import { capture } from "./analytics";
import { onPage } from "./page";
import type { Theme } from "./theme";

interface ThemeStore {
  chosen: Theme;
  choose(theme: Theme): void;
}

/** Register the store `theme`, and make every element with `data-theme-choice` choose its theme. */
export function registerTheme(): void {
  Alpine.store("theme", {
    chosen: window.themes.chosen,
    choose(theme: Theme) {
      // Read the stored theme, because another tab may have changed it.
      const previous_theme = window.themes.chosen;
      window.themes.choose(theme);
      this.chosen = theme;
      press();
      if (theme !== previous_theme) capture("theme_switched", { theme, previous_theme });
    },
  } satisfies ThemeStore);
  document.addEventListener("click", (event) => {
    const theme = chosenBy(event.target);
    if (theme) (Alpine.store("theme") as ThemeStore).choose(theme);
  });
  // A theme was chosen in another tab; the listener in theme.ts runs before this one.
  addEventListener("storage", () => {
    (Alpine.store("theme") as ThemeStore).chosen = window.themes.chosen;
    press();
  });
  onPage(press);
}

function chosenBy(target: EventTarget | null): Theme | null {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-theme-choice]") : null;
  const theme = button?.dataset["themeChoice"];
  return theme === "light" || theme === "dark" || theme === "system" ? theme : null;
}

function press(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset["themeChoice"] === window.themes.chosen));
  }
}
