// Fields that belong to one choice show only while it is chosen; hidden ones are not sent and need not be filled in.
export function showConditions(root) {
  for (const group of root.querySelectorAll("[data-shown-by]")) {
    const form = group.closest("form");
    if (!form.elements[group.dataset.shownBy]) continue;
    const values = JSON.parse(group.dataset.shownFor).map(String);
    const decide = () => {
      group.hidden = group.disabled = !values.includes(valueOf(form.elements[group.dataset.shownBy]));
    };
    // The form hears its fields' changes, several radio buttons of one name among them.
    form.addEventListener("change", decide);
    decide();
  }
}

function valueOf(field) {
  return field.type === "checkbox" ? String(field.checked) : field.value;
}
