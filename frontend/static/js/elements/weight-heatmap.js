import { palette, themed } from "../palette.js";
import { DrawnElement } from "./drawn-element.js";

/** @typedef {import("../series.js").SeriesStore} SeriesStore */

const LONGEST_NAME = 16;

/** Mean weight of each teacher by step; the middle colour is an equal share. */
class WeightHeatmap extends DrawnElement {
  /** @param {SeriesStore} store */
  figure(store) {
    const plan = this.plan;
    const prefix = plan?.prefixes[0] ?? "";
    const found = new Map(store.matching(plan ?? {}).map(([name, series]) => [name.slice(prefix.length), series]));
    if (!plan || !found.size) return undefined;
    const teachers = [...new Set([...(plan.teachers ?? []), ...found.keys()])];
    const steps = [...new Set([...found.values()].flatMap((series) => series.steps))].sort((a, b) => a - b);
    const place = new Map(steps.map((step, index) => [step, index]));
    const rows = teachers.map((teacher) => {
      /** @type {(number | null)[]} */
      const row = new Array(steps.length).fill(null);
      const series = found.get(teacher);
      series?.steps.forEach((step, index) => {
        row[place.get(step) ?? 0] = series.values[index] ?? null;
      });
      return row;
    });
    this.name(teachers.map((teacher) => [teacher, found.get(teacher)?.latest?.toFixed(2) ?? "–"]));
    const [low, mid, high] = palette().heat;
    const most = Math.min(1, 2 / teachers.length);
    const trace = {
      ...plan.trace,
      x: steps,
      y: teachers,
      z: rows,
      zmax: most,
      colorscale: [[0, low], [0.5, mid], [1, high]],
      colorbar: { ...plan.trace.colorbar, tickvals: [0, most / 2, most], tickformat: ".2f" },
    };
    const layout = themed({ ...plan.layout, datarevision: store.seq });
    layout.yaxis = {
      ...layout.yaxis,
      autorange: "reversed",
      showgrid: false,
      tickvals: teachers,
      ticktext: teachers.map((name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name)),
    };
    layout.xaxis = { ...layout.xaxis, showgrid: false };
    return { traces: [trace], layout };
  }

  /** @param {string[][]} pairs */
  name(pairs) {
    this.legend?.replaceChildren(
      ...pairs.map(([teacher, weight]) => {
        const entry = document.createElement("span");
        const value = document.createElement("b");
        value.className = "number";
        value.textContent = weight ?? "";
        entry.append(`${teacher} `, value);
        return entry;
      }),
    );
  }
}

customElements.define("weight-heatmap", WeightHeatmap);
