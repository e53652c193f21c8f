import { palette, themed, THEME_CHANGED } from "../palette.js";
import { Plotly } from "../plotly.js";

/** @typedef {Record<string, any>} Trace */

/**
 * A chart whose data came with the page: drawn when it comes into view, and again when the theme changes or when
 * `data-version` says that the data did.
 */
class StillChart extends HTMLElement {
  static observedAttributes = ["data-version"];
  isDrawn = false;

  connectedCallback() {
    this.read();
    this.box = /** @type {HTMLElement} */ (this.querySelector(".plot"));
    this.observer = new IntersectionObserver(this.seen, { rootMargin: "300px" });
    this.observer.observe(this);
    document.addEventListener(THEME_CHANGED, this.repaint);
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    document.removeEventListener(THEME_CHANGED, this.repaint);
    if (this.box) Plotly.purge(this.box);
  }

  attributeChangedCallback() {
    if (!this.box) return;
    this.read();
    this.repaint();
  }

  read() {
    const plan = document.getElementById(this.dataset.plan ?? "")?.textContent;
    /** @type {{traces: Trace[], layout: Record<string, any>, config: object}} */
    this.plan = JSON.parse(plan ?? '{"traces": [], "layout": {}, "config": {}}');
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen = (entries) => {
    if (!entries.at(-1)?.isIntersecting) return;
    this.observer?.disconnect();
    this.draw();
  };

  repaint = () => {
    if (this.isDrawn) this.draw();
  };

  async draw() {
    if (!this.plan || !this.box) return;
    const { traces, layout, config } = this.plan;
    await Plotly.react(this.box, traces.map(coloured), themed(layout), config);
    this.isDrawn = true;
    this.dataset.drawn = "yes";
  }
}

/**
 * @param {Trace} trace
 * @returns {Trace}
 */
function coloured({ tone = 0, ...trace }) {
  const { series, heat, surface } = palette();
  const color = series[tone] ?? "gray";
  if (trace.type === "heatmap") {
    // The lowest colour of the scale is told from the empty cell.
    return { ...trace, colorscale: [[0, heat[1]], [1, heat[2]]], xgap: 1, ygap: 1, hoverlabel: { bgcolor: surface } };
  }
  if (trace.type === "bar") return { ...trace, marker: { ...trace.marker, color } };
  return { ...trace, line: { ...trace.line, color }, fillcolor: faint(color) };
}

/** @param {string} color as computed by the browser: rgb(r, g, b) */
function faint(color) {
  return color.replace(/^rgb\((.*)\)$/, "rgba($1, 0.08)");
}

customElements.define("still-chart", StillChart);
