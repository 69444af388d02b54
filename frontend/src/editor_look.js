import { EditorView } from "@codemirror/view";

// The field around it is drawn by the page; here is what only stands inside an editor.
export function editorLook(height) {
  return EditorView.theme({
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { minHeight: `${height}px`, maxHeight: "70vh", overflow: "auto" },
    ".cm-content": { padding: "8px 0", caretColor: "var(--color-base-content)" },
    ".cm-cursor": { borderLeftColor: "var(--color-base-content)" },
    ".cm-activeLine": { backgroundColor: "transparent" },
    "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--color-base-content) 4%, transparent)" },
    ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
      background: "color-mix(in oklab, var(--color-info) 24%, transparent)",
    },
    "&.cm-focused .cm-matchingBracket": { backgroundColor: "color-mix(in oklab, var(--color-info) 20%, transparent)" },
    "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "color-mix(in oklab, var(--color-error) 20%, transparent)" },
    ".cm-placeholder": { color: "var(--color-quiet)" },
    ".cm-filling": { color: "var(--color-primary)", fontWeight: "500" },
    ".cm-fault": { textDecoration: "underline wavy var(--color-error) 1px", textUnderlineOffset: "3px" },
    ".cm-fault-words": {
      fontFamily: "var(--font-sans)",
      color: "var(--color-error)",
      padding: "2px 8px",
      whiteSpace: "normal",
    },
    ".cm-panels.cm-panels-bottom": { position: "static", border: "none", backgroundColor: "transparent" },
    ".cm-way-out": { display: "none" },
    "@media (hover: hover)": {
      "&.cm-focused .cm-way-out": {
        display: "block",
        position: "absolute",
        right: "4px",
        bottom: "4px",
        margin: "0",
        padding: "0 6px",
        fontSize: "0.75rem",
        lineHeight: "1.25rem",
        color: "var(--color-quiet)",
        backgroundColor: "var(--color-base-100)",
        borderRadius: "4px",
        pointerEvents: "none",
      },
    },
    ".cm-tooltip": {
      color: "var(--color-base-content)",
      backgroundColor: "var(--color-base-100)",
      border: "1px solid var(--color-base-300)",
      borderRadius: "6px",
      boxShadow: "0 8px 24px rgb(0 0 0 / 0.16)",
      overflow: "hidden",
    },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxWidth: "min(560px, 92vw)", maxHeight: "240px" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 8px", lineHeight: "1.25rem" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": {
      color: "var(--color-primary-content)",
      background: "var(--color-primary)",
    },
    ".cm-completionDetail": { fontStyle: "normal", fontFamily: "var(--font-sans)", opacity: "0.75", marginLeft: "12px" },
    ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
    ".cm-completionInfo": { fontFamily: "var(--font-sans)", padding: "6px 8px", maxWidth: "280px" },
  });
}
