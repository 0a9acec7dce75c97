// Alpine's CSP build, which does not use eval, with the product's stores and components.

import Alpine from "@alpinejs/csp";

import { registerFilters } from "./filters";
import { registerTheme } from "./themes";
import { registerToasts } from "./toasts";

/** Register all stores and components, and start Alpine. */
export function startAlpine(): void {
  registerTheme();
  registerFilters();
  registerToasts();
  Alpine.start();
}
