// How the moments of a chart read, and where its axis is marked.
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];
const DAY = 86400;
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const two = (value) => String(value).padStart(2, "0");

// Time since the first point, as minutes and seconds or hours and minutes.
function elapsed(seconds) {
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)}`;
}

export const AXES = {
  elapsed: { label: "after", head: "After", write: elapsed, steps: STEPS, place: (at, start) => at - start },
  day: { label: "day", head: "Day", write: (at) => day.format(new Date(1000 * at)), steps: [1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY), place: (at) => at },
  moment: { label: "at", head: "Time", write: (at) => moment.format(new Date(1000 * at)), steps: [...STEPS, 43200, DAY, 7 * DAY, 28 * DAY], place: (at) => at },
};
