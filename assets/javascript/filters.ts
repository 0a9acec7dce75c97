// The filter form: a change submits the form; the server finds out what has changed, and records it.

import Alpine from "@alpinejs/csp";

// Dates are typed digit by digit, and arrow keys step through the ranges: submit after the last change.
const PATIENCE_MS = 500;

interface DateRangeStore {
  range: string;
  readonly isCustom: boolean;
}

interface RepositoriesStore {
  chosen: string[];
}

/** Register the stores `dateRange` and `repositories`, and the component `filters` of the form. */
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
        // The person may use the form's button before the timer ends.
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

/** Return how many milliseconds to wait before submitting the form; null if it should not be submitted yet. */
function patienceFor(target: EventTarget | null, form: HTMLFormElement): number | null {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return null;
  const said = new FormData(form);
  const isUnfinished = said.get("range") === "custom" && !(said.get("from") && said.get("to"));
  if (target.name === "range") return isUnfinished ? null : PATIENCE_MS;
  if (target.name === "from" || target.name === "to") {
    return said.get("range") === "custom" && !isUnfinished ? PATIENCE_MS : null;
  }
  // Repositories are submitted with the button, so that the list stays open while several are being selected.
  return null;
}
