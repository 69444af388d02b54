import { PostgreSQL, schemaCompletionSource } from "@codemirror/lang-sql";
import { LanguageSupport } from "@codemirror/language";

// SQL with the words that a query may use, and no others: datasets, their columns, functions, parameters.
export function sqlWithWords({ datasets = [], functions = [], keywords = [], parameters = [] }) {
  const schema = Object.fromEntries(
    datasets.map(({ name, meaning, columns }) => [
      name,
      { self: { label: name, type: "type", detail: "dataset", info: meaning, boost: 3 }, children: columns.map(columnOption) },
    ]),
  );
  const words = [
    ...keywords.map((label) => ({ label, type: "keyword", boost: -1 })),
    ...functions.map((label) => ({ label, type: "function", detail: "function", apply: callOf })),
  ];
  const complete = (context) => {
    const parameter = context.matchBefore(/(^|[^:]):\w*$/);
    if (parameter) {
      const from = parameter.from + parameter.text.indexOf(":") + 1;
      return { from, options: parameters.map((label) => ({ label, type: "variable", detail: "parameter" })), validFor: /^\w*$/ };
    }
    const word = context.matchBefore(/[\w.]+$/);
    if (!word ? !context.explicit : word.text.includes(".")) return null;
    return { from: word?.from ?? context.pos, options: [...words, ...columnsInSight(context, datasets)], validFor: /^\w*$/ };
  };
  const data = (autocomplete) => PostgreSQL.language.data.of({ autocomplete });
  return new LanguageSupport(PostgreSQL.language, [data(schemaCompletionSource({ dialect: PostgreSQL, schema })), data(complete)]);
}

function columnOption({ name, type, meaning }) {
  return { label: name, type: "property", detail: type, info: meaning, boost: 2 };
}

function callOf(view, completion, from, to) {
  const text = `${completion.label}()`;
  view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length - 1 }, userEvent: "input.complete" });
}

// Once a dataset is named somewhere in the text, only its columns are offered bare; before that, those of all datasets.
function columnsInSight(context, datasets) {
  const text = context.state.doc.toString();
  const seen = new Map();
  const named = datasets.filter(({ name }) => new RegExp(`\\b${name}\\b`, "i").test(text));
  for (const { columns } of named.length ? named : datasets) {
    for (const column of columns) seen.set(column.name, columnOption(column));
  }
  return [...seen.values()];
}
