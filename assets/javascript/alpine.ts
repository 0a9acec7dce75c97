// Alpine, in its build without eval, with the product's stores and components.

import Alpine from "@alpinejs/csp";

import { registerFilters } from "./filters";
import { registerTheme } from "./themes";
import { registerToasts } from "./toasts";

/** Register everything, and start. */
export function startAlpine(): void {
  registerTheme();
  registerFilters();
  registerToasts();
  Alpine.start();
}
