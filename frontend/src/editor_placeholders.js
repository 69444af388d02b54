import { jsonLanguage } from "@codemirror/lang-json";
import { Prec } from "@codemirror/state";
import { Decoration, MatchDecorator, ViewPlugin } from "@codemirror/view";

const matcher = new MatchDecorator({
  regexp: /\{\{.*?\}\}/g,
  decoration: Decoration.mark({ class: "cm-filling" }),
});
const highlighting = ViewPlugin.define(
  (view) => ({
    marks: matcher.createDeco(view),
    update(update) {
      this.marks = matcher.updateDeco(update, this.marks);
    },
  }),
  { decorations: (plugin) => plugin.marks },
);

// `{{ … }}` in a JSON text stands out, and is completed with the query's columns, what a run knows, and filters.
export function placeholders(words) {
  if (!words.columns) return [];
  const values = [
    ...words.columns.map(({ name, type }) => option(escaped(written(name)), "property", type, 2)),
    ...words.facts.map((fact) => option(fact, "variable", "run", 0)),
  ];
  const filters = words.filters.map((name) => ({ label: name, type: "function", detail: "filter" }));
  const complete = (context) => {
    const before = context.matchBefore(/\{\{[^}]*/);
    if (!before) return null;
    const typed = /[\w.]*$/.exec(before.text)[0];
    if (!typed && !context.explicit && !/(\{\{|\|)\s*$/.test(before.text)) return null;
    const options = /\|\s*\w*$/.test(before.text) ? filters : values;
    return { from: context.pos - typed.length, options, validFor: /^[\w.]*$/ };
  };
  return [Prec.highest(highlighting), jsonLanguage.data.of({ autocomplete: complete })];
}

// A name that is no identifier can only be written in brackets.
export function written(name) {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `row['${name.replace(/[\\']/g, "\\$&")}']`;
}

// A text as it stands inside the quotes of a JSON string.
export function escaped(text) {
  return JSON.stringify(text).slice(1, -1);
}

function option(label, type, detail, boost) {
  return { label, type, detail, boost, apply: fillIn };
}

// Right behind the braces a value gets room on both sides, and the braces their ends where they have none yet.
function fillIn(view, { label }, from, to) {
  const { doc } = view.state;
  const first = doc.sliceString(from - 2, from) === "{{";
  const rest = doc.sliceString(to, doc.lineAt(to).to);
  const closed = /^[^{"]*\}\}/.test(rest);
  const insert = `${first ? " " : ""}${label}${closed ? (rest.startsWith("}}") && first ? " " : "") : " }}"}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
}
