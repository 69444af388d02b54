// A button with data-confirm opens that dialog instead of sending its form; the dialog's own button sends it. Where the
// dialog asks for a name, that button waits until it is spelled.
export function listenForConfirmations() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm], [data-close]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-close")) return button.closest("dialog").close();
    const dialog = document.getElementById(button.dataset.confirm);
    dialog.showModal();
    const field = dialog.querySelector("[data-spell]");
    if (field) weigh(field);
  });
  document.addEventListener("input", (event) => event.target.matches?.("[data-spell]") && weigh(event.target));
}

function weigh(field) {
  const fits = field.value.trim() === field.dataset.spell;
  for (const button of field.closest("dialog").querySelectorAll("[data-spelled]")) button.disabled = !fits;
}
