import { fillIn } from "./composers.js";
import { insertText, markFault } from "./editors.js";

const QUIET_MS = 250;
const followed = new WeakSet();
let lastField = null;

// A form with data-live asks its server while somebody types, and shows the answer in place: what would come of it.
// Its buttons with data-live-into do the same at once; without scripts they send the form, and the page comes back whole.
export function liveForms(root, dress) {
  for (const form of root.querySelectorAll("form[data-live]")) {
    if (followed.has(form)) continue;
    followed.add(form);
    follow(form, dress);
  }
}

function follow(form, dress) {
  const running = new Map();
  const ask = (doing, into) => {
    running.get(into)?.abort();
    const control = new AbortController();
    running.set(into, control);
    show(form, { doing, into: document.getElementById(into), signal: control.signal, dress });
  };
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(form.dataset.liveDo, form.dataset.liveInto), QUIET_MS);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", (event) => event.target.matches("select, [type=checkbox]") && later());
  // Before every other listener: the form is not sent, so nobody may think that it was saved.
  form.addEventListener("submit", (event) => {
    const into = event.submitter?.dataset.liveInto;
    if (!into) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // What was typed just before goes along: asked for again, it would take the place of the answer.
    if (into === form.dataset.liveInto) clearTimeout(timer);
    ask(event.submitter.value, into);
  }, { capture: true });
  if (form.dataset.liveStart !== undefined) ask(form.dataset.liveDo, form.dataset.liveInto);
}

async function show(form, { doing, into, signal, dress }) {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", doing);
  into.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.live, { method: "POST", body, signal, redirect: "manual", headers: { "HX-Request": "true" } });
    if (answer.status === 401) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // An error is a page of its own; what it says is enough here.
    const found = answer.ok ? [...page.body.childNodes] : [page.querySelector("main p, main .quiet") ?? page.body.firstChild];
    into.replaceChildren(...found.filter(Boolean));
    judge(form, into);
    fillIn(form, into);
    dress(into);
  } catch (error) {
    if (error.name !== "AbortError") into.textContent = "The server cannot be reached just now. What you typed is still here.";
  } finally {
    if (!signal.aborted) into.removeAttribute("aria-busy");
  }
}

// The answer names the fields that it judged, and the place of what is wrong in one of them.
function judge(form, into) {
  const verdict = into.querySelector("[data-judges]");
  for (const name of verdict?.dataset.judges.split(" ") ?? []) {
    const wrong = verdict.dataset.fault && (verdict.dataset.faultIn ?? name) === name;
    const shown = markFault(form.elements[name], verdict.dataset.faultAt, wrong ? verdict.dataset.fault : "");
    // What the editor says at its place need not be said once more.
    if (shown) verdict.querySelector(".notice").hidden = true;
  }
}

// Words to click in go where the cursor was last, or to the field that they name.
export function listenForInsertions() {
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-takes]")) lastField = event.target;
    if (event.target.matches?.(".code-editor")) lastField = event.target.previousElementSibling;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const { insert, insertInto, insertList } = button.dataset;
    if (insertList) return addToList(document.getElementById(insertList), insert);
    const field = insertInto ? document.getElementById(insertInto) : lastField?.isConnected ? lastField : document.querySelector("[data-takes]");
    if (field) insertText(field, insert);
  });
}

function addToList(field, word) {
  const words = field.value.split(",").map((each) => each.trim()).filter(Boolean);
  if (words.includes(word)) return;
  field.value = [...words, word].join(", ");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// A link with data-chosen-by leads to what its field has chosen.
export function followChoices(root) {
  for (const link of root.querySelectorAll("a[data-chosen-by]")) {
    const field = document.getElementById(link.dataset.chosenBy);
    field.addEventListener("change", () => {
      link.hidden = !field.value;
      if (field.value) link.setAttribute("href", link.getAttribute("href").replace(/[^/]+(\/[^/]+)$/, `${field.value}$1`));
    });
  }
}
