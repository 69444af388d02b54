import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, showPanel } from "@codemirror/view";
import { colours, look } from "./code_look.js";
import { faultMarks, offsetOf, showFault } from "./editor_faults.js";
import { editorLook } from "./editor_look.js";
import { placeholders } from "./editor_placeholders.js";
import { sqlWithWords } from "./editor_sql.js";

const LANGUAGES = {
  json: (words) => [json(), placeholders(words)],
  sql: (words) => sqlWithWords(words),
};
const LINE = 20;

// The editor lives in a shadow root: only there does it style itself in the way that the security policy allows.
// The text area stays in the form, out of sight; whoever focuses it, a label or a link to a fault, lands in the editor.
export function openEditor(area) {
  const host = document.createElement("div");
  host.className = "code-editor";
  host.toggleAttribute("data-wrong", area.getAttribute("aria-invalid") === "true");
  const root = host.attachShadow({ mode: "open" });
  const words = JSON.parse(area.dataset.words || "{}");
  let writing = false;

  const write = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    writing = true;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    writing = false;
  });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(),
        foldGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        bracketMatching(),
        closeBrackets(),
        indentOnInput(),
        indentUnit.of("  "),
        autocompletion({ icons: false }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, indentWithTab]),
        (LANGUAGES[area.dataset.editor] ?? (() => []))(words),
        colours,
        look,
        editorLook(area.rows * LINE),
        faultMarks,
        write,
        EditorState.readOnly.of(area.readOnly || area.disabled),
        placeholder(area.placeholder),
        EditorView.contentAttributes.of({ "aria-label": labelOf(area), "aria-describedby": "way-out", spellcheck: "false" }),
        EditorView.lineWrapping,
        showPanel.of(wayOut),
      ],
    }),
  });
  area.after(host);
  stepBack(area, view);
  area.addEventListener("input", () => {
    if (!writing) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
  });
  const editor = { insert: (text) => insert(view, text), mark: (at, message) => mark(view, area, at, message) };
  if (area.dataset.faultAt) editor.mark(area.dataset.faultAt, area.dataset.fault);
  return editor;
}

function labelOf(area) {
  return area.labels[0]?.firstChild.textContent.trim() || area.name;
}

// Tab indents, so the way out has to be told to those who use no mouse.
function wayOut() {
  const dom = document.createElement("p");
  dom.id = "way-out";
  dom.className = "cm-way-out";
  dom.textContent = "Tab indents. Escape, then Tab, leaves the editor.";
  return { dom };
}

function stepBack(area, view) {
  area.classList.add("code-area");
  area.tabIndex = -1;
  area.setAttribute("aria-hidden", "true");
  area.addEventListener("focus", () => view.focus());
}

function insert(view, text) {
  view.dispatch(view.state.replaceSelection(text), { scrollIntoView: true, userEvent: "input" });
  view.focus();
}

// The words below the field would say the same once more.
function mark(view, area, at, message) {
  const below = area.parentElement.querySelector(".field-error");
  if (below && at) below.hidden = true;
  area.nextElementSibling.toggleAttribute("data-wrong", Boolean(message));
  const offset = message && at ? offsetOf(view.state.doc, at) : null;
  view.dispatch({ effects: showFault.of(offset === null ? null : { offset, message }) });
  return offset !== null;
}
