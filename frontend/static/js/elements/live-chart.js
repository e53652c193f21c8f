import { palette, themed } from "../palette.js";
import { short } from "../words.js";
import { DrawnElement } from "./drawn-element.js";

/** @typedef {import("../series.js").Series} Series */
/** @typedef {import("../series.js").SeriesStore} SeriesStore */

const MEMORY = 0.85;
const DASHES = ["solid", "dot", "dash", "dashdot", "longdash"];
const FEW = 40; // points that are drawn as dots too

/** Lines of the metrics whose names start with the prefixes of its plan. */
class LiveChart extends DrawnElement {
  connectedCallback() {
    super.connectedCallback();
    /** @type {Set<string>} */
    this.off = new Set();
    this.log = false;
    this.smooth = false;
    this.addEventListener("click", this.pressed);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.pressed);
    super.disconnectedCallback();
  }

  /** @param {Event} event */
  pressed = (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[aria-pressed]");
    if (!(button instanceof HTMLElement)) return;
    const { toggle, metric } = button.dataset;
    const pressed = button.ariaPressed !== "true";
    button.ariaPressed = String(pressed);
    if (toggle === "log") this.log = pressed;
    else if (toggle === "smooth") this.smooth = pressed;
    else if (metric) this.off?.[pressed ? "delete" : "add"](metric);
    this.repaint();
  };

  /** @param {SeriesStore} store */
  figure(store) {
    const plan = this.plan;
    const found = plan ? store.matching(plan.prefixes) : [];
    if (!plan || !found.length) return undefined;
    const colors = palette().series;
    const families = [...new Set(found.map(([name]) => family(name)))];
    const traces = found.flatMap(([name, series], index) => {
      const place = plan.families ? families.indexOf(family(name)) : index;
      const member = plan.families ? found.filter(([other], at) => at < index && family(other) === family(name)).length : 0;
      const color = colors[place % colors.length] ?? "";
      this.note(name, series, color);
      return this.off?.has(name) ? [] : this.traces(name, series, { color, dash: DASHES[member % DASHES.length] });
    });
    const layout = themed({ ...plan.layout, datarevision: store.seq });
    layout.yaxis.type = this.log ? "log" : "linear";
    if (this.log) layout.yaxis.tickformat = "~g";
    return { traces, layout };
  }

  /**
   * @param {string} name
   * @param {Series} series
   * @param {{color: string, dash: string | undefined}} pen
   */
  traces(name, series, pen) {
    const base = this.plan?.trace ?? {};
    const { color } = pen;
    const line = { ...base.line, ...pen };
    const mode = series.steps.length <= FEW && !this.smooth ? "lines+markers" : "lines";
    const drawn = { ...base, name, x: series.steps, y: series.values, line, mode, marker: { color, size: 5 } };
    /** @type {Record<string, any>[]} */
    const traces = this.smooth
      ? [
          { ...drawn, opacity: 0.28, hoverinfo: "skip" },
          { ...drawn, y: series.smoothed(MEMORY) },
        ]
      : [drawn];
    if (series.marks.length) {
      traces.push({
        ...drawn,
        name: `${name}, not finite`,
        mode: "markers",
        x: series.marks.map((mark) => mark.step),
        y: series.marks.map((mark) => series.heightAt(mark.step)),
        text: series.marks.map((mark) => mark.word),
        hovertemplate: "%{text} at step %{x}<extra>" + name + "</extra>",
        marker: { color: palette().bad, size: 9, symbol: "x" },
      });
    }
    return traces;
  }

  /**
   * This will keep the metric's entry of the legend, which shows its newest value and switches it off and on.
   * @param {string} name
   * @param {Series} series
   * @param {string} color
   */
  note(name, series, color) {
    const entries = /** @type {HTMLButtonElement[]} */ ([...(this.legend?.children ?? [])]);
    let entry = entries.find((known) => known.dataset.metric === name);
    if (!entry) {
      entry = document.createElement("button");
      entry.type = "button";
      entry.className = "legend-item";
      entry.dataset.metric = name;
      entry.ariaPressed = "true";
      const group = this.plan?.prefixes[0] ?? "";
      const label = name.length > group.length ? name.slice(group.length) : name;
      entry.append(this.plan?.families ? label.replace(/\/loss$/, "") : label, " ", document.createElement("b"));
      this.legend?.append(entry);
    }
    entry.style.setProperty("--swatch", color);
    const value = entry.querySelector("b");
    if (value) value.textContent = short(series.latest, this.plan?.percent);
  }
}

/**
 * This will return what the copies of one teacher share: "fold/<teacher>".
 * @param {string} name
 */
function family(name) {
  return name.split("/").slice(0, -2).join("/");
}

customElements.define("live-chart", LiveChart);
