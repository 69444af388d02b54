// Texts in a language get line numbers, colours and folding; without scripts they stay plain texts.
export async function showCode(root) {
  const places = root.querySelectorAll("pre[data-language]");
  if (!places.length) return;
  const { viewCode } = await import("./code_view.js");
  for (const place of places) viewCode(place, place.dataset.language);
}
