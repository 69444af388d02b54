// A form that waits for somebody else's machine says so on its button, and is sent once.
export function listenForWaits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-waits]")) return;
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = "";
    const button = event.submitter ?? form.querySelector("button");
    button.setAttribute("aria-busy", "true");
    button.textContent = form.dataset.waits;
  });
}
