import { drawn, make } from "../compare/markup.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").ComparedJob} ComparedJob */

const STROKES = { solid: "", dot: "2 3", dash: "7 4", dashdot: "7 3 2 3", longdash: "11 4" };

/** The list of the jobs, which the server wrote: with a button each that hides and shows what is drawn of it. */
class JobLegend extends ComparedElement {
  follows = ["off"];

  /** @param {Comparison} comparison */
  show(comparison) {
    const { off } = comparison;
    for (const job of comparison.data.jobs) {
      const item = this.querySelector(`[data-job="${job.id}"]`);
      if (!(item instanceof HTMLElement)) continue;
      const button = item.querySelector("button") ?? this.button(item, comparison, job);
      button.setAttribute("aria-pressed", String(!off.has(job.id)));
      button.replaceChildren(line(comparison, job));
      item.classList.toggle("is-off", off.has(job.id));
    }
    const all = this.querySelector('[data-part="all"]') ?? this.all(comparison);
    if (all instanceof HTMLElement) all.hidden = !off.size;
    this.dataset.drawn = "yes";
  }

  /**
   * @param {HTMLElement} item
   * @param {Comparison} comparison
   * @param {ComparedJob} job
   */
  button(item, comparison, job) {
    const label = `Draw ${comparison.title(job)}`;
    const button = make("button", { type: "button", class: "compare-pen", "aria-label": label, title: "Show or hide" });
    button.addEventListener("click", () => {
      const { off } = comparison;
      if (!off.delete(job.id)) off.add(job.id);
      comparison.address.put({ off: [...off].join(",") });
    });
    item.prepend(button);
    return button;
  }

  /** @param {Comparison} comparison */
  all(comparison) {
    const button = make("button", { type: "button", class: "button is-small", "data-part": "all" }, "Show all");
    button.addEventListener("click", () => comparison.address.put({ off: "" }));
    return this.appendChild(button);
  }
}

/**
 * @param {Comparison} comparison
 * @param {ComparedJob} job
 */
function line(comparison, job) {
  const { color, dash } = comparison.pen(job);
  const strokes = STROKES[/** @type {keyof typeof STROKES} */ (dash)];
  const path = drawn("line", { x1: 1, x2: 23, y1: 6, y2: 6, stroke: color, "stroke-width": 3, "stroke-dasharray": strokes });
  return drawn("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" }, path);
}

customElements.define("job-legend", JobLegend);
