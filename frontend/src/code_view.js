import { json } from "@codemirror/lang-json";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const LANGUAGES = { json: () => json(), sql: () => sql({ dialect: PostgreSQL }) };

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.keyword], color: "var(--color-info)" },
  { tag: tags.string, color: "var(--color-success)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--color-primary)" },
  { tag: tags.comment, color: "var(--color-quiet)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "2px solid var(--color-primary)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.25rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--color-quiet)", border: "none" },
});

// The editor lives in a shadow root: only there does it style itself in the way that the security policy allows.
export function viewCode(place, language) {
  const host = document.createElement("div");
  host.className = "code-view";
  const root = host.attachShadow({ mode: "open" });
  const state = EditorState.create({
    doc: place.textContent,
    extensions: [
      lineNumbers(),
      foldGutter(),
      keymap.of(foldKeymap),
      LANGUAGES[language](),
      syntaxHighlighting(colours),
      look,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": language.toUpperCase() }),
      EditorView.lineWrapping,
    ],
  });
  place.replaceWith(host);
  new EditorView({ state, parent: root, root });
}
