// A form with data-guard asks before what was typed is lost.
export function guardForms(root) {
  for (const form of root.querySelectorAll("form[data-guard]")) {
    let changed = false;
    const ask = (event) => {
      if (changed) event.preventDefault();
    };
    form.addEventListener("input", () => (changed = true));
    form.addEventListener("submit", () => (changed = false));
    addEventListener("beforeunload", ask);
  }
}
