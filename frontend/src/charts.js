const EVERY_MS = 1000;
const drawn = new WeakSet();

// Charts are drawn only where there are some; the library comes when it is needed.
export async function drawCharts(root) {
  const figures = [...root.querySelectorAll("[data-chart], [data-chart-values]")].filter((figure) => !drawn.has(figure));
  if (!figures.length) return;
  for (const figure of figures) drawn.add(figure);
  const { Chart } = await import("./chart.js");
  for (const figure of figures.filter((each) => each.dataset.chartValues)) new Chart(figure).show(JSON.parse(figure.dataset.chartValues));
  const bySource = Map.groupBy(figures.filter((figure) => figure.dataset.chart), (figure) => figure.dataset.chart);
  for (const [source, group] of bySource) follow(source, group.map((figure) => new Chart(figure)));
}

// One request feeds all charts of a source, again and again until the server says that nothing more will come.
async function follow(source, charts) {
  while (charts.every((chart) => chart.isConnected)) {
    const answer = await fetch(source, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) {
      const data = await answer.json();
      for (const chart of charts) chart.show(data);
      if (!data.active) return;
    } else if (answer && answer.status < 500) {
      return;
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
