// The theme menu: the buttons of the choice, wherever they stand, and the store that Alpine shows.

import Alpine from "@alpinejs/csp";

import { capture } from "./analytics";
import { onPage } from "./page";
import type { Theme } from "./theme";

interface ThemeStore {
  chosen: Theme;
  choose(theme: Theme): void;
}

/** Register the store `theme`, and let every `data-theme-choice` choose. */
export function registerTheme(): void {
  Alpine.store("theme", {
    chosen: window.themes.chosen,
    choose(theme: Theme) {
      // As it is stored, for another tab may have changed it since.
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
  // Chosen in another tab; theme.ts has heard it before.
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
