// A button with data-confirm opens that dialog instead of sending its form; the dialog's own button sends it.
export function listenForConfirmations() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm], [data-close]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-close")) button.closest("dialog").close();
    else document.getElementById(button.dataset.confirm).showModal();
  });
}
