// The composer of a schedule writes the expression, unless its box frees the text; then the composer is greyed.
export function openComposers(root) {
  for (const place of root.querySelectorAll("[data-composer]")) {
    const box = document.getElementById(place.dataset.composer);
    const fields = place.querySelector("[data-composer-fields]");
    const text = place.querySelector("[data-composed]");
    const dialog = place.querySelector("dialog");
    const replaced = place.querySelector("[data-replace] input");
    const decide = () => {
      text.readOnly = !box.checked;
      fields.disabled = box.checked;
    };
    const settle = (free) => {
      dialog.close();
      box.checked = free;
      if (!free) replaced.checked = true;
      if (!free) text.value = text.dataset.composed;
      decide();
      (free ? text : box).focus();
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    box.addEventListener("change", decide);
    // Asked before the box changes, so that nothing else hears of it yet.
    box.addEventListener("click", (event) => {
      if (box.checked || text.value.trim() === text.dataset.composed) return;
      event.preventDefault();
      place.querySelector("[data-shows-composed]").textContent = text.dataset.composed;
      dialog.showModal();
    });
    dialog.addEventListener("cancel", () => settle(true));
    place.querySelector("[data-composer-keep]").addEventListener("click", () => settle(true));
    place.querySelector("[data-composer-replace]").addEventListener("click", () => settle(false));
    decide();
  }
}

// What the server composed goes into its field, unless somebody types there by hand.
export function fillIn(form, answer) {
  for (const given of answer.querySelectorAll("[data-fills]")) {
    const field = form.elements[given.dataset.fills];
    field.dataset.composed = given.value;
    if (field.readOnly) field.value = given.value;
  }
}
