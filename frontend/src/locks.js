// The internal name stays locked until its box is ticked and the dialog confirmed.
export function closeLocks(root) {
  for (const place of root.querySelectorAll("[data-lock]")) {
    const name = place.querySelector("input");
    const box = place.querySelector("[data-lock-box]");
    const dialog = document.getElementById(box.dataset.lockBox);
    const decide = (open) => {
      box.checked = open;
      name.readOnly = !open;
      dialog.close();
      if (open) name.focus();
    };
    name.readOnly = !box.checked;
    box.addEventListener("change", () => {
      if (box.checked) dialog.showModal();
      else name.readOnly = true;
    });
    dialog.addEventListener("cancel", () => decide(false));
    place.querySelector("[data-lock-keep]").addEventListener("click", () => decide(false));
    place.querySelector("[data-lock-open]").addEventListener("click", () => decide(true));
  }
}
