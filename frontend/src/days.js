// Days without times and zones, as a calendar needs them. A day is a Date at midnight of the reader's own clock.
const PLACE = navigator.language || "en";
const WORDS = document.documentElement.lang || "en";
const SUNDAY = new Date(2023, 0, 1);

// Where the browser does not know how the reader's country begins a week, it begins as ISO 8601 says.
function firstOfWeek() {
  const locale = new Intl.Locale(PLACE);
  const week = locale.getWeekInfo?.() ?? locale.weekInfo;
  return (week?.firstDay ?? 1) % 7;
}

export function weekDays() {
  const first = firstOfWeek();
  const short = new Intl.DateTimeFormat(WORDS, { weekday: "short" }), long = new Intl.DateTimeFormat(WORDS, { weekday: "long" });
  const days = Array.from({ length: 7 }, (_, index) => addDays(SUNDAY, first + index));
  return { first, names: days.map((day) => [short.format(day).slice(0, 2), long.format(day)]) };
}

export function monthNames() {
  const format = new Intl.DateTimeFormat(WORDS, { month: "long" });
  return Array.from({ length: 12 }, (_, month) => format.format(new Date(2023, month, 1)));
}

export function dayName(day) {
  return new Intl.DateTimeFormat(WORDS, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(day);
}

export function sameDay(one, other) {
  return textOf(one) === textOf(other);
}

function dayOf(year, month, date) {
  const day = new Date(2000, month, date);
  day.setFullYear(year, month, date); // the constructor takes years below 100 for those of the last century
  return day;
}

export function addDays(day, count) {
  return dayOf(day.getFullYear(), day.getMonth(), day.getDate() + count);
}

// The last day of a month where it is shorter.
export function addMonths(day, count) {
  const moved = dayOf(day.getFullYear(), day.getMonth() + count, 1);
  const last = dayOf(moved.getFullYear(), moved.getMonth() + 1, 0).getDate();
  return dayOf(moved.getFullYear(), moved.getMonth(), Math.min(day.getDate(), last));
}

// Six weeks, so that the calendar keeps its height.
export function monthGrid(day, first) {
  const start = dayOf(day.getFullYear(), day.getMonth(), 1);
  const from = addDays(start, -((start.getDay() - first + 7) % 7));
  return Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, index) => addDays(from, 7 * week + index)));
}

export function textOf(day, time = null) {
  const two = (value, size = 2) => String(value).padStart(size, "0");
  const date = `${two(day.getFullYear(), 4)}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  return time ? `${date}T${time}` : date;
}

export function fromText(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(text ?? "");
  if (!found) return { day: null, time: null };
  return { day: dayOf(Number(found[1]), Number(found[2]) - 1, Number(found[3])), time: found[4] ?? null };
}
