import { json } from "@codemirror/lang-json";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { foldGutter, foldKeymap } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { colours, look } from "./code_look.js";

const LANGUAGES = { json: () => json(), sql: () => sql({ dialect: PostgreSQL }) };

const focused = EditorView.theme({ "&.cm-focused": { outline: "2px solid var(--color-primary)", outlineOffset: "-2px" } });

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
      colours,
      look,
      focused,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": language.toUpperCase() }),
      EditorView.lineWrapping,
    ],
  });
  place.replaceWith(host);
  new EditorView({ state, parent: root, root });
}
