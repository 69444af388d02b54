// A field whose value another one's choice gives is read-only while it does; for any other choice it is typed.
export function followLeaders(root) {
  for (const field of root.querySelectorAll("[data-follows]")) {
    const leader = field.form.elements[field.dataset.follows];
    if (!leader) continue;
    const given = JSON.parse(field.dataset.given);
    const follow = () => {
      const value = given[leader.value];
      if (value !== undefined) field.value = value;
      else if (field.readOnly) field.value = "";
      field.readOnly = value !== undefined;
    };
    leader.addEventListener("change", follow);
    follow();
  }
}
