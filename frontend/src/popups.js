const FIELDS = "input:not([type=hidden]):not([readonly]), select, textarea";

// A pop-up comes open from the server; here it becomes modal: the page behind it rests, and Escape leads back to it.
export function raisePopups(root) {
  for (const popup of root.querySelectorAll("dialog[data-popup][open]")) {
    popup.close();
    popup.showModal();
    const first = popup.querySelector("[data-faults], [autofocus]") ?? popup.querySelector(FIELDS);
    first?.focus();
    popup.addEventListener("cancel", (event) => {
      event.preventDefault();
      location.assign(popup.dataset.popup);
    });
  }
}
