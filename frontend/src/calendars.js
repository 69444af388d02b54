let open = null;

// A click into a field for a day or a moment opens its calendar, and so does its button; typing goes on as before. The
// calendar's own script comes with the first of them.
export function listenForCalendars() {
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-open-calendar], [data-moment-input]");
    if (!asked || asked.closest(".calendar")) return;
    event.preventDefault(); // some browsers open a calendar of their own
    toggle(asked.closest("[data-moment-line]"), asked.matches("[data-open-calendar]"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !event.altKey || !event.target.matches?.("[data-moment-input]")) return;
    event.preventDefault();
    toggle(event.target.closest("[data-moment-line]"), true);
  });
}

async function toggle(line, closes) {
  const own = open?.line === line;
  if (own && !closes) return;
  open?.calendar?.close(own);
  if (own || line.querySelector("input").disabled) return;
  const mine = (open = { line });
  const { Calendar } = await import("./calendar.js");
  if (open !== mine) return;
  open.calendar = new Calendar(line, () => open === mine && (open = null));
}
