// Fields that belong to one choice show only while it is chosen; hidden ones are not sent and need not be filled in.
export function showConditions(root) {
  for (const group of root.querySelectorAll("[data-shown-by]")) {
    const form = group.closest("form");
    const deciding = form.elements[group.dataset.shownBy];
    if (!deciding) continue;
    const values = JSON.parse(group.dataset.shownFor);
    const decide = () => {
      const value = deciding.type === "checkbox" ? String(deciding.checked) : deciding.value;
      group.hidden = group.disabled = !values.map(String).includes(value);
    };
    deciding.addEventListener("change", decide);
    decide();
  }
}
