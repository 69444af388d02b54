const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

// The server writes exact moments in UTC; the reader's own zone is known only here.
export function showMoments(root) {
  for (const element of root.querySelectorAll("time[data-moment]")) {
    element.title = exact.format(new Date(element.dateTime));
  }
}
