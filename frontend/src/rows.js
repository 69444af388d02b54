import { showConditions } from "./conditions.js";

// Rows of a list inside a form: spare ones go away, others are added and taken out by buttons.
export function openRows(root) {
  for (const place of root.querySelectorAll("[data-rows]")) {
    const pattern = place.querySelector("[data-row-pattern]");
    for (const row of place.querySelectorAll("[data-spare]")) row.remove();
    let next = place.querySelectorAll("[data-row]").length;
    place.addEventListener("click", (event) => {
      if (event.target.closest("[data-remove-row]")) {
        event.target.closest("[data-row]").remove();
        place.querySelector("[data-add-row]").focus();
        place.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (event.target.closest("[data-add-row]")) {
        const numbered = document.createElement("template");
        numbered.innerHTML = pattern.innerHTML.replaceAll("-ROW-", `-${next}-`);
        const row = numbered.content;
        next += 1;
        const group = row.querySelector("[role=group]");
        group?.setAttribute("aria-label", `${group.getAttribute("aria-label")} ${next}`);
        const first = row.querySelector("input, select");
        pattern.before(row);
        showConditions(pattern.previousElementSibling);
        first.focus();
      }
    });
  }
}
