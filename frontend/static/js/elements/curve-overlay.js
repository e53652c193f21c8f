import { chooser } from "../compare/chooser.js";
import { CONFIG } from "../compare/layout.js";
import { choice, make, toggle } from "../compare/markup.js";
import { written } from "../compare/names.js";
import { overlay, unitOf } from "../compare/overlay.js";
import { readShown, shownMetrics, SMOOTHEST, viewOf } from "../compare/view.js";
import { Plotly } from "../plotly.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").Line} Line */
/** @typedef {import("../plotly.js").Drawn} Drawn */

const PAUSE = 120; // ms without another zoom before the server is asked

/** Curves of the chosen metrics, a chart each; all share the horizontal axis and its zoom. */
class CurveOverlay extends ComparedElement {
  follows = ["off", "name", "x", "smooth", "log", "zoom"];
  /** @type {Map<string, HTMLElement>} */
  boxes = new Map();
  /** @type {string | undefined} */
  listed = undefined;

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    for (const box of this.boxes.values()) Plotly.purge(box);
    this.boxes.clear();
  }

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return comparison.data.metrics.length > 0;
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    if (this.listed !== comparison.data.metrics.join()) this.equip(comparison);
    const names = shownMetrics(comparison);
    for (const [name, box] of this.boxes) {
      if (names.includes(name)) continue;
      Plotly.purge(box);
      box.closest("article")?.remove();
      this.boxes.delete(name);
    }
    for (const name of names) if (!this.boxes.has(name)) this.add(name);
    void this.paint(comparison);
  }

  /** @param {Comparison} comparison */
  async paint(comparison) {
    const view = viewOf(comparison);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    let curves;
    try {
      curves = await readShown(comparison);
      this.say("");
    } catch (error) {
      if (turn === this.turn) this.say(error instanceof Error ? error.message : "");
      return;
    }
    if (turn !== this.turn || !this.isConnected) return; // asked again meanwhile
    const unit = unitOf(view.x, curves.values());
    this.divisor = unit.divisor;
    for (const [name, box] of this.boxes) {
      const { traces, layout } = overlay(comparison, name, { series: curves.get(name) ?? {}, view, unit });
      await Plotly.react(box, traces, layout, CONFIG);
      this.listen(box, comparison);
      box.closest("article")?.setAttribute("data-drawn", "yes");
    }
    const whole = this.querySelector('[data-part="whole"]');
    if (whole instanceof HTMLElement) whole.hidden = !view.zoom;
  }

  /** @param {string} name */
  add(name) {
    const box = make("div", { class: "plot", role: "img", "aria-label": `${written(name)} of the jobs; their final values stand in the table below` });
    const title = make("h3", {}, written(name));
    this.grid.append(make("article", { "data-metric": name }, title, make("figure", { class: "chart-box" }, box)));
    this.boxes.set(name, box);
  }

  get grid() {
    return /** @type {HTMLElement} */ (this.querySelector('[data-part="charts"]'));
  }

  /**
   * @param {HTMLElement} box
   * @param {Comparison} comparison
   */
  listen(box, { address }) {
    if (box.dataset.heard) return;
    box.dataset.heard = "yes";
    /** @type {Drawn} */ (box).on("plotly_relayout", (change) => {
      const [low, high] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (change["xaxis.autorange"]) address.put({ zoom: "" });
      if (typeof low !== "number" || typeof high !== "number") return;
      const isLog = address.one("log").includes("x");
      const range = [low, high].map((edge) => (this.divisor ?? 1) * (isLog ? 10 ** edge : edge));
      clearTimeout(this.timer);
      this.timer = setTimeout(() => address.put({ zoom: range.map((edge) => Number(edge.toPrecision(6))).join() }), PAUSE);
    });
  }

  /** @param {Comparison} comparison */
  equip(comparison) {
    const { address, data } = comparison;
    this.listed = data.metrics.join();
    const view = viewOf(comparison);
    const scales = (/** @type {string} */ axis) => (/** @type {boolean} */ on) => {
      const others = address.one("log").replace(axis, "");
      address.put({ log: on ? [...others, axis].sort().join("") : others });
    };
    const whole = make("button", { type: "button", class: "button is-small", "data-part": "whole", hidden: true }, "Whole range");
    whole.addEventListener("click", () => address.put({ zoom: "" }));
    this.querySelector('[data-part="tools"]')?.replaceChildren(
      whole,
      chooser({
        title: "Metrics",
        names: data.metrics,
        chosen: shownMetrics(comparison),
        label: written,
        onChoose: (name) => address.put({ name }),
      }),
      choice({
        label: "by",
        options: [["step", "step"], ["epoch", "epoch"], ["time", "wall time"]],
        chosen: view.x,
        onChoose: (x) => address.put({ x: x === "step" ? "" : x, zoom: "" }),
      }),
      make("div", { class: "switcher" }, toggle("log x", view.logX, scales("x")), toggle("log y", view.logY, scales("y"))),
      smoothing(view.smooth, (smooth) => address.put({ smooth: smooth ? String(smooth) : "" })),
    );
  }

  /** @param {string} sentence */
  say(sentence) {
    const note = /** @type {HTMLElement | null} */ (this.querySelector('[data-part="problem"]'));
    if (!note) return;
    note.hidden = !sentence;
    note.textContent = sentence;
  }
}

/**
 * @param {number} value
 * @param {(value: number) => void} onChange
 */
function smoothing(value, onChange) {
  const slider = make("input", { type: "range", min: 0, max: SMOOTHEST, step: 0.01, value });
  const said = make("output", { class: "number" }, value.toFixed(2));
  slider.addEventListener("input", () => {
    said.textContent = Number(slider.value).toFixed(2);
    onChange(Number(slider.value));
  });
  return make("label", { class: "compare-smooth" }, make("span", {}, "smooth"), slider, said);
}

customElements.define("curve-overlay", CurveOverlay);
