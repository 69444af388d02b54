import { addDays, addMonths, dayName, fromText, monthGrid, monthNames, sameDay, textOf, weekDays } from "./days.js";

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const MINUTES = Array.from({ length: 60 }, (_, minute) => String(minute).padStart(2, "0"));
const MOVES = {
  ArrowLeft: (day) => addDays(day, -1),
  ArrowRight: (day) => addDays(day, 1),
  ArrowUp: (day) => addDays(day, -7),
  ArrowDown: (day) => addDays(day, 7),
  Home: (day, first) => addDays(day, -((day.getDay() - first + 7) % 7)),
  End: (day, first) => addDays(day, 6 - ((day.getDay() - first + 7) % 7)),
  PageUp: (day, _, shift) => addMonths(day, shift ? -12 : -1),
  PageDown: (day, _, shift) => addMonths(day, shift ? 12 : 1),
};

// The calendar of one field: a dialog below it, in which a clock opens the choice of the time. The field stays what is
// sent, and can be typed in as before.
export class Calendar {
  constructor(line, closed) {
    this.input = line.querySelector("[data-moment-input]");
    this.button = line.querySelector("[data-open-calendar]");
    this.timed = this.input.type === "datetime-local";
    this.closed = closed;
    const { day, time } = fromText(this.input.value);
    this.chosen = day;
    this.time = time ?? `${String((new Date().getHours() + 1) % 24).padStart(2, "0")}:00`; // midnight is seldom meant
    this.focused = day ?? this.bounded(new Date());
    this.element = this.build(line);
    this.draw();
    this.button.setAttribute("aria-expanded", "true");
    this.focusDay();
  }

  build(line) {
    const element = make("div", { class: "calendar", role: "dialog", "aria-label": this.button.getAttribute("aria-label") });
    element.append(this.buildHead(), (this.table = make("table", { class: "calendar-days", role: "grid" })));
    if (this.timed) element.append(this.buildTime());
    element.append(this.buildFoot());
    element.addEventListener("keydown", (event) => this.onKey(event));
    this.leave = (event) => {
      if (!element.contains(event.target) && !line.contains(event.target)) this.close(false);
    };
    document.addEventListener("pointerdown", this.leave);
    document.addEventListener("focusin", this.leave);
    line.append(element);
    if (element.getBoundingClientRect().right > document.documentElement.clientWidth) element.classList.add("calendar-left");
    return element;
  }

  buildHead() {
    const head = make("div", { class: "calendar-head" });
    this.month = make("select", { class: "select", "aria-label": "Month" });
    for (const [index, name] of monthNames().entries()) this.month.add(new Option(name, String(index)));
    this.year = make("input", { class: "input", type: "number", min: "1", max: "9999", "aria-label": "Year" });
    const turn = () => this.show(addMonths(new Date(this.focused), 12 * (Number(this.year.value) - this.focused.getFullYear()) + Number(this.month.value) - this.focused.getMonth()));
    this.month.addEventListener("change", turn);
    this.year.addEventListener("change", () => this.year.checkValidity() && this.year.value && turn());
    head.append(
      button("‹", "Previous month", () => this.show(addMonths(this.focused, -1))),
      this.month,
      this.year,
      button("›", "Next month", () => this.show(addMonths(this.focused, 1))),
    );
    return head;
  }

  buildTime() {
    const place = make("div", { class: "calendar-time" });
    this.clock = button("", "Choose the time", () => this.toggleTime());
    this.clock.setAttribute("aria-expanded", "false");
    this.clock.append(clockPicture(), (this.clockText = make("span", {})));
    this.hours = choice("Hour", HOURS);
    this.minutes = choice("Minute", MINUTES);
    this.times = make("div", { class: "calendar-times", hidden: "" });
    this.times.append(this.hours, make("span", { "aria-hidden": "true" }, ":"), this.minutes);
    this.times.addEventListener("change", () => {
      this.time = `${this.hours.value}:${this.minutes.value}`;
      if (this.chosen) this.write();
      this.draw();
    });
    place.append(this.clock, this.times);
    return place;
  }

  buildFoot() {
    const foot = make("div", { class: "calendar-foot" });
    foot.append(
      button("Today", "", () => this.choose(this.bounded(new Date()))),
      button("Clear", "", () => this.clear()),
      make("span", { class: "grow" }),
      button("Close", "", () => this.close()),
    );
    return foot;
  }

  toggleTime() {
    this.times.hidden = !this.times.hidden;
    this.clock.setAttribute("aria-expanded", String(!this.times.hidden));
    if (!this.times.hidden) this.hours.focus();
  }

  draw() {
    const { first, names } = weekDays();
    this.month.value = String(this.focused.getMonth());
    this.year.value = String(this.focused.getFullYear());
    const head = make("thead", {});
    const heads = make("tr", {});
    for (const [short, long] of names) heads.append(make("th", { scope: "col", abbr: long }, short));
    head.append(heads);
    const body = make("tbody", {});
    for (const week of monthGrid(this.focused, first)) {
      const row = make("tr", {});
      for (const day of week) row.append(this.cell(day));
      body.append(row);
    }
    this.table.setAttribute("aria-label", `${monthNames()[this.focused.getMonth()]} ${this.focused.getFullYear()}`);
    this.table.replaceChildren(head, body);
    if (!this.timed) return;
    [this.hours.value, this.minutes.value] = this.time.split(":");
    this.clockText.textContent = this.time;
  }

  cell(day) {
    const chosen = this.chosen && sameDay(day, this.chosen);
    const cell = make("td", { role: "gridcell", "aria-selected": String(Boolean(chosen)) });
    const choose = button(String(day.getDate()), dayName(day), () => this.choose(day));
    choose.tabIndex = sameDay(day, this.focused) ? 0 : -1;
    choose.className = "calendar-day";
    if (day.getMonth() !== this.focused.getMonth()) choose.classList.add("calendar-beside");
    if (chosen) choose.classList.add("calendar-chosen");
    if (sameDay(day, new Date())) choose.setAttribute("aria-current", "date");
    choose.disabled = !sameDay(day, this.bounded(day));
    cell.append(choose);
    return cell;
  }

  onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return this.close();
    }
    const move = event.target.matches(".calendar-day") && MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    this.show(move(this.focused, weekDays().first, event.shiftKey));
    this.focusDay();
  }

  show(day) {
    this.focused = this.bounded(day);
    this.draw();
  }

  // A day outside the field's bounds is brought to the nearest inside.
  bounded(day) {
    const least = fromText(this.input.min).day, most = fromText(this.input.max).day;
    const whole = new Date(day.getFullYear(), day.getMonth(), day.getDate());
    whole.setFullYear(day.getFullYear());
    return least && whole < least ? least : most && whole > most ? most : whole;
  }

  choose(day) {
    this.chosen = this.focused = day;
    this.write();
    this.draw();
    if (this.timed) this.focusDay();
    else this.close();
  }

  clear() {
    this.chosen = null;
    this.write();
    this.close();
  }

  write() {
    this.input.value = this.chosen ? textOf(this.chosen, this.timed ? this.time : null) : "";
    for (const name of ["input", "change"]) this.input.dispatchEvent(new Event(name, { bubbles: true }));
  }

  focusDay() {
    this.table.querySelector('[tabindex="0"]')?.focus();
  }

  close(back = true) {
    document.removeEventListener("pointerdown", this.leave);
    document.removeEventListener("focusin", this.leave);
    this.element.remove();
    this.button.setAttribute("aria-expanded", "false");
    this.closed();
    if (back) this.button.focus();
  }
}

function make(tag, attributes, text) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

function button(text, label, act) {
  const made = make("button", { type: "button", class: "btn btn-sm" }, text);
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function choice(label, values) {
  const made = make("select", { class: "select", "aria-label": label });
  for (const value of values) made.add(new Option(value, value));
  return made;
}

function clockPicture() {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  picture.innerHTML = '<circle cx="10" cy="10" r="7.5"></circle><path d="M10 5.5V10l3 2"></path>';
  return picture;
}
