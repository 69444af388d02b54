// A pop-up comes open from the server; here it becomes modal: the page behind it rests, and Escape leads back to it.
export function raisePopups(root) {
  for (const popup of root.querySelectorAll("dialog[data-popup][open]")) {
    popup.close();
    popup.showModal();
    popup.querySelector("[data-faults]")?.focus();
    popup.addEventListener("cancel", (event) => {
      event.preventDefault();
      location.assign(popup.dataset.popup);
    });
  }
}
