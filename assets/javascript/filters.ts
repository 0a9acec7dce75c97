// The filter form: a change asks for the page anew, once; the server compares, and records what has changed.

import Alpine from "@alpinejs/csp";

// A date is typed digit by digit, and arrow keys go from range to range.
const PATIENCE_MS = 500;

interface DateRangeStore {
  range: string;
  readonly isCustom: boolean;
}

interface RepositoriesStore {
  chosen: string[];
}

/** Register the stores `dateRange` and `repositories`, and the component `filters` of the form around them. */
export function registerFilters(): void {
  Alpine.store("dateRange", {
    range: "",
    get isCustom() {
      return this.range === "custom";
    },
  } satisfies DateRangeStore);
  Alpine.store("repositories", { chosen: [] } satisfies RepositoriesStore);
  Alpine.data("filters", () => {
    let timer: number | undefined;
    return {
      init(): void {
        const form = this.$el as HTMLFormElement;
        readForm(form);
        form.addEventListener("change", ({ target }) => {
          readForm(form);
          clearTimeout(timer);
          const patience = patienceFor(target, form);
          if (patience !== null) timer = window.setTimeout(() => form.requestSubmit(), patience);
        });
        // By its own button meanwhile.
        form.addEventListener("submit", () => clearTimeout(timer));
      },
      destroy(): void {
        clearTimeout(timer);
      },
    };
  });
}

function readForm(form: HTMLFormElement): void {
  const said = new FormData(form);
  (Alpine.store("dateRange") as DateRangeStore).range = String(said.get("range") ?? "");
  (Alpine.store("repositories") as RepositoriesStore).chosen = said.getAll("repo").map(String);
}

/** Return how long to wait for a further change; null if there is nothing to ask for yet. */
function patienceFor(target: EventTarget | null, form: HTMLFormElement): number | null {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return null;
  const said = new FormData(form);
  const isUnfinished = said.get("range") === "custom" && !(said.get("from") && said.get("to"));
  if (target.name === "range") return isUnfinished ? null : PATIENCE_MS;
  if (target.name === "from" || target.name === "to") {
    return said.get("range") === "custom" && !isUnfinished ? PATIENCE_MS : null;
  }
  // Who ticks three repositories wants one answer, and the list to stay open until then: the button sends them.
  return null;
}
