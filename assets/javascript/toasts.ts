// Messages as toasts: success messages disappear by themselves, warnings and errors stay until they are dismissed.

import Alpine from "@alpinejs/csp";

// Long enough to read two lines slowly; hovering or focusing a toast pauses the timer.
const SHOWN_MS = 8_000;

/** Register the component `toast` with `isShown` and `dismiss()`. */
export function registerToasts(): void {
  Alpine.data("toast", () => {
    let timer: number | undefined;
    return {
      isShown: true,
      init(): void {
        const toast = this.$el;
        if (toast.matches(".error, .warning")) return;
        const leave = (): void => {
          clearTimeout(timer);
          timer = window.setTimeout(() => this.dismiss(), SHOWN_MS);
        };
        const stay = (): void => clearTimeout(timer);
        for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, stay);
        for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, leave);
        leave();
      },
      dismiss(): void {
        this.isShown = false;
      },
      destroy(): void {
        clearTimeout(timer);
      },
    };
  });
}
