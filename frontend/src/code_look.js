import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// What code that is read and code that is written have in common. The colours are the page's own, which reach into
// the shadow root as variables.
export const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.keyword], color: "var(--color-info)" },
    { tag: tags.string, color: "var(--color-success)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--color-primary)" },
    { tag: tags.comment, color: "var(--color-quiet)" },
  ]),
);

export const look = EditorView.theme({
  "&": { fontSize: "0.8125rem" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.25rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--color-quiet)", border: "none" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--color-base-200)", borderColor: "var(--color-base-300)", color: "inherit" },
});
