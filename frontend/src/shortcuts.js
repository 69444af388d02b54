// "/" and Ctrl-K lead to the search of the list on the page, where it has one.
export function listenForShortcuts() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const asked = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);
    const search = asked && document.querySelector('.search-line input[type="search"]');
    if (!search || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}
