import { make } from "../compare/markup.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */

/** A row for each field of the spec in which the jobs differ, a column for each job that is drawn. */
class SpecDifferences extends ComparedElement {
  follows = ["off"];

  /** @param {Comparison} comparison */
  show(comparison) {
    const { fields, same } = comparison.data.spec;
    const jobs = comparison.shown;
    const places = jobs.map(({ id }) => comparison.places.get(id) ?? 0);
    const head = ["Field", ...jobs.map((job) => comparison.title(job))];
    const rows = fields.map(({ path, values }) => {
      const texts = places.map((place) => spelled(values[place]));
      const differs = new Set(texts).size > 1;
      return make("tr", { class: differs ? undefined : "is-same" }, make("th", { scope: "row", class: "mono" }, path), ...texts.map(cell));
    });
    const told = fields.length
      ? `${fields.length} field${fields.length === 1 ? "" : "s"} differ${fields.length === 1 ? "s" : ""}, ${same} ${same === 1 ? "is" : "are"} the same.`
      : `Nothing differs: all ${same} fields are the same.`;
    const said = this.querySelector('[data-part="said"]');
    if (said) said.textContent = told;
    const table = /** @type {HTMLTableElement} */ (this.querySelector("table"));
    table.hidden = !fields.length;
    table.tHead?.rows[0]?.replaceChildren(...head.map((text) => make("th", { scope: "col" }, make("bdi", {}, text))));
    table.tBodies[0]?.replaceChildren(...rows);
    this.dataset.drawn = "yes";
  }
}

/** @param {string} text */
function cell(text) {
  return text === "" ? make("td", { class: "muted" }, "not set") : make("td", {}, make("bdi", {}, text));
}

/** @param {unknown} value */
function spelled(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value || "(empty)" : JSON.stringify(value);
}

customElements.define("spec-differences", SpecDifferences);
