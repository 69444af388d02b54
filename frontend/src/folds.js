const phone = matchMedia("(max-width: 1023px)");

// What stays in view beside a form on wide screens is folded on narrow ones; the reader may unfold it.
export function foldSummaries(root) {
  for (const details of root.querySelectorAll("[data-fold-on-phone]")) {
    const fit = () => (details.open = !phone.matches);
    phone.addEventListener("change", fit);
    fit();
  }
}
