import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

// Set with a place and a message, or with null when nothing is wrong any more.
export const showFault = StateEffect.define();

class Words extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const words = document.createElement("div");
    words.className = "cm-fault-words";
    words.textContent = this.text;
    return words;
  }
}

// A fault moves with the text around it, and goes when its line is mended.
export const faultMarks = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    const told = transaction.effects.find((effect) => effect.is(showFault));
    if (told) return told.value ? marksOf(transaction.state.doc, told.value) : Decoration.none;
    if (!transaction.docChanged || marks === Decoration.none) return marks;
    const at = marks.iter().from;
    const line = transaction.startState.doc.lineAt(at);
    const touched = transaction.changes.touchesRange(line.from, line.to);
    return touched ? Decoration.none : marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(doc, { offset, message }) {
  const line = doc.lineAt(offset);
  const from = Math.min(offset, Math.max(line.from, line.to - 1));
  const word = /^(\w+|.)/u.exec(line.text.slice(from - line.from));
  const marks = word ? [Decoration.mark({ class: "cm-fault" }).range(from, from + word[0].length)] : [];
  marks.push(Decoration.widget({ widget: new Words(message), block: true, side: 1 }).range(line.to));
  return Decoration.set(marks);
}

// "3:14" is a line and a column, both from 1; "27" counts characters from 0; both as code points.
export function offsetOf(doc, at) {
  const [first, second] = at.split(":").map(Number);
  if (!Number.isInteger(first)) return null;
  if (second === undefined) return Math.min(doc.length, units(doc.toString(), first));
  if (first < 1 || first > doc.lines) return null;
  const line = doc.line(first);
  return line.from + Math.min(line.length, units(line.text, second - 1));
}

// The server counts characters, a browser 16-bit units.
function units(text, characters) {
  let at = 0;
  for (let left = characters; left > 0 && at < text.length; left--) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}
