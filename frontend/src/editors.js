const editors = new WeakMap();

// A text area with data-editor becomes an editor of that language; the form goes on posting the text area.
export async function openEditors(root) {
  const areas = [...root.querySelectorAll("textarea[data-editor]")].filter((area) => !editors.has(area));
  if (!areas.length) return;
  for (const area of areas) editors.set(area, null);
  const { openEditor } = await import("./editor.js");
  for (const area of areas) editors.set(area, openEditor(area));
}

// Put a text where the cursor of a field stands, whether an editor took its place or not.
export function insertText(field, text) {
  const editor = editors.get(field);
  if (editor) return editor.insert(text);
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// Show what is wrong in a text at its place, or nothing more; say whether it is shown.
export function markFault(field, at, message) {
  return editors.get(field)?.mark(at, message) ?? false;
}
