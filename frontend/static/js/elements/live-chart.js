import { palette, themed } from "../palette.js";
import { measure, short } from "../words.js";
import { Zoom } from "../zoom.js";
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
    this.listening = false;
    this.log = false;
    this.smooth = false;
    const { job = "", px } = this.feed instanceof HTMLElement ? this.feed.dataset : {};
    this.zoom = new Zoom({ job, px: Number(px), onFiner: this.repaint });
    this.addEventListener("click", this.pressed);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.pressed);
    this.zoom?.leave();
    this.listening = false;
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

  drawn() {
    if (this.listening) return; // purging the chart takes its listeners away
    this.listening = true;
    /** @type {import("../plotly.js").Drawn} */ (this.box).on("plotly_relayout", this.zoomed);
  }

  /** @param {Record<string, unknown>} change */
  zoomed = (change) => {
    const [low, high] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (change["xaxis.autorange"]) {
      this.zoom?.leave();
      this.repaint();
    } else if (typeof low === "number" && typeof high === "number" && this.store && !this.plan?.by_time) {
      this.zoom?.enter([low, high], this.store.matching(this.plan ?? {}));
    }
  };

  /** @param {SeriesStore} store */
  figure(store) {
    const plan = this.plan;
    const found = plan ? store.matching(plan) : [];
    if (!plan || !found.length) return undefined;
    // Whoever it is has the same colour in all charts: the mean over all comes last.
    if (plan.owned) found.sort(([one], [two]) => Number(!owner(one, plan)) - Number(!owner(two, plan)));
    const colors = palette().series;
    /** @type {Map<string, [string, Series][]>} */
    const entries = new Map();
    for (const [name, series] of found) {
      const key = plan.families ? family(name) : name;
      entries.set(key, [...(entries.get(key) ?? []), [name, series]]);
    }
    const traces = [...entries].flatMap(([key, members], place) => {
      const color = colors[place % colors.length] ?? "";
      this.note(key, members, color);
      if (this.off?.has(key)) return [];
      return members.flatMap(([name, series], member) =>
        this.traces(name, this.zoom?.finer(name, series) ?? series, { color, dash: DASHES[member % DASHES.length] }),
      );
    });
    const layout = themed({ ...plan.layout, datarevision: store.seq });
    layout.yaxis.type = this.log ? "log" : "linear";
    if (this.log) layout.yaxis = { ...layout.yaxis, tickformat: "~g", dtick: undefined, nticks: 6 };
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
    const x = this.plan?.by_time ? series.steps.map(onTheWall) : series.steps;
    const hovertemplate = `${this.where}: %{y:${this.plan?.percent ? ".1%" : ".4g"}}${this.unit}<extra>${this.label(name)}</extra>`;
    const drawn = { ...base, name, hovertemplate, x, y: series.values, line, mode, marker: { color, size: 5 } };
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
        x: series.marks.map((mark) => (this.plan?.by_time ? onTheWall(mark.step) : mark.step)),
        y: series.marks.map((mark) => series.heightAt(mark.step)),
        text: series.marks.map((mark) => mark.word),
        hovertemplate: `%{text}, ${this.where}<extra>${name}</extra>`,
        marker: { color: palette().bad, size: 9, symbol: "x" },
      });
    }
    return traces;
  }

  /**
   * This will keep an entry of the legend, which shows the newest value and switches its curves off and on.
   * @param {string} key
   * @param {[string, Series][]} members
   * @param {string} color
   */
  note(key, members, color) {
    const known = /** @type {HTMLButtonElement[]} */ ([...(this.legend?.children ?? [])]);
    let entry = known.find(({ dataset }) => dataset.metric === key);
    if (!entry) {
      entry = document.createElement("button");
      entry.type = "button";
      entry.className = "legend-item";
      entry.dataset.metric = key;
      entry.ariaPressed = String(!this.off?.has(key));
      entry.title = "Show or hide";
      entry.append(this.label(key), " ", document.createElement("b"));
      this.legend?.append(entry);
    }
    entry.style.setProperty("--swatch", color);
    const latest = members.map(([, series]) => series.latest).filter((value) => value !== undefined);
    const mean = latest.length ? latest.reduce((sum, value) => sum + value, 0) / latest.length : undefined;
    const copies = members.length > 1 ? `, mean of ${members.length}` : "";
    const value = entry.querySelector("b");
    const unit = this.plan?.families ? " mIoU" : this.unit;
    if (value) value.textContent = short(mean, this.plan?.percent) + unit + copies;
  }

  get where() {
    return this.plan?.by_time ? "%{x|%H:%M:%S}" : "step %{x}";
  }

  get unit() {
    return this.plan?.unit ? ` ${this.plan.unit}` : "";
  }

  /**
   * This will write the name of a metric, or of the copies of a teacher, as the legend shows it.
   * @param {string} name
   */
  label(name) {
    if (this.plan?.owned) return owner(name, this.plan) || "mean";
    const group = this.plan?.by_time ? "system/" : (this.plan?.prefixes[0] ?? "");
    return measure(name.length > group.length ? name.slice(group.length) : name);
  }
}

/**
 * This will return what the copies of one teacher share: "fold/<teacher>".
 * @param {string} name
 */
function family(name) {
  return name.match(/^fold\/.+?(?=\/\d+\/)/)?.[0] ?? name;
}

/**
 * This will return whose metric it is: what stands between prefix and suffix, nothing of the mean over all.
 * @param {string} name
 * @param {import("../types.js").ChartPlan} plan
 */
function owner(name, { prefixes, suffix = "" }) {
  return name.slice(prefixes[0]?.length ?? 0, name.length - suffix.length);
}

/**
 * Charts know no time zones: this will shift a time so that its UTC reads as the reader's clock.
 * @param {number} time in ms since 1970
 */
function onTheWall(time) {
  return time - 60_000 * new Date(time).getTimezoneOffset();
}

customElements.define("live-chart", LiveChart);
