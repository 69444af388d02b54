const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

// The server writes exact moments in UTC; the reader's own zone is known only here.
export function showMoments(root) {
  for (const element of root.querySelectorAll("time[data-moment]")) {
    element.title = exact.format(new Date(element.dateTime));
  }
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short" });

// Times of day are in UTC until here; one of another day than today is followed by that day.
export function showClocks(root) {
  for (const element of root.querySelectorAll("time[data-clock]")) {
    const at = new Date(element.dateTime);
    element.textContent = clock.format(at);
    element.title = exact.format(at);
    if (!element.closest("[aria-hidden]") && at.toDateString() !== new Date().toDateString()) element.textContent += ` ${day.format(at)}`;
  }
  for (const element of root.querySelectorAll("[data-zone]")) {
    element.textContent = clock.resolvedOptions().timeZone;
  }
}

const read = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

// Moments of a schedule in the reader's own zone, where it is neither that of the schedule nor UTC.
export function showOwnZone(root) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const element of root.querySelectorAll("time[data-own-zone]")) {
    element.hidden = own === "UTC" || own === element.dataset.ownZone;
    element.textContent = `${read.format(new Date(element.dateTime))}, ${own}`;
  }
}
