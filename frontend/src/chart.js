import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { AXES } from "./chart_axes.js";

const HEIGHT = 176;
const TONES = { running: "--color-info", heals: "--color-warning", fine: "--color-success", needs: "--color-error", off: "--color-off" };
const figure = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

// One chart: lines over time in the colours of the states, and the same data as a table.
export class Chart {
  constructor(element) {
    this.element = element;
    this.place = element.querySelector(".chart-plot");
    this.series = JSON.parse(element.dataset.series).map(([key, label, tone]) => ({ key, label, tone }));
    this.axis = AXES[element.dataset.axis];
    this.data = null;
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.place);
    document.addEventListener("theme", () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.element.querySelector("details").addEventListener("toggle", () => this.fillTable());
  }

  get isConnected() {
    return this.element.isConnected;
  }

  show(data) {
    const [start] = data.seconds;
    this.data = [data.seconds.map((second) => this.axis.place(second, start)), ...this.series.map(({ key }) => data[key])];
    if (!data.seconds.length) this.say(data.active ? "Nothing sent yet" : "Nothing was sent");
    else if (this.plot) this.plot.setData(this.data);
    else this.redraw();
    this.fillTable();
  }

  say(text) {
    const words = document.createElement("p");
    words.className = "chart-none";
    words.textContent = text;
    this.place.replaceChildren(words);
  }

  size() {
    return { width: this.place.clientWidth, height: HEIGHT };
  }

  redraw() {
    if (!this.data?.[0].length) return;
    this.plot?.destroy();
    this.place.replaceChildren();
    this.plot = new uPlot(this.options(), this.data, this.place);
  }

  options() {
    const colour = (name) => getComputedStyle(this.element).getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--color-quiet"),
      grid: { stroke: colour("--color-base-300"), width: 1 },
      ticks: { show: false },
      font: "13px Inter Variable",
    };
    return {
      ...this.size(),
      scales: { x: { time: false, range: (_, low, high) => [low, Math.max(high, low + 1)] }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, space: 64, size: 28, incrs: this.axis.steps, grid: { show: false }, values: (_, moments) => moments.map(this.axis.write) },
        { ...axis, space: 32, size: 56, values: (_, values) => values.map((value) => figure.format(value)) },
      ],
      series: [
        { label: this.axis.label, value: (_, at) => (at == null ? "–" : this.axis.write(at)) },
        ...this.series.map(({ label, tone }) => ({
          label,
          stroke: colour(TONES[tone]),
          width: 1.5,
          points: { show: this.data[0].length < 3, size: 6 },
          value: (_, value) => (value == null ? "–" : figure.format(value)),
        })),
      ],
      cursor: { drag: { x: false, y: false }, y: false },
    };
  }

  fillTable() {
    // Numbers that came with the page have their table already.
    if (!this.data || this.element.dataset.chartValues || !this.element.querySelector("details").open) return;
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const label of [this.axis.head, ...this.series.map((series) => series.label)]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = label;
      head.append(cell);
    }
    const body = table.createTBody();
    const [moments, ...columns] = this.data;
    for (const [index, at] of moments.entries()) {
      const row = body.insertRow();
      row.insertCell().textContent = this.axis.write(at);
      for (const column of columns) row.insertCell().textContent = column[index] == null ? "–" : figure.format(column[index]);
    }
    this.element.querySelector(".chart-table").replaceChildren(table);
  }
}
