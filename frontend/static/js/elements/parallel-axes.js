import { brushes, number, spelled } from "../compare/brushes.js";
import { chooser } from "../compare/chooser.js";
import { make } from "../compare/markup.js";
import { amount, ranked, written } from "../compare/names.js";
import { Parallel } from "../compare/parallel.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/brushes.js").Brush} Brush */
/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").Axis} Axis */

const FIRST = { parameter: 4, cost: 2, metric: 2 };

/** A line for each job through an axis for each number; limits on axes say which jobs are inside. */
class ParallelAxes extends ComparedElement {
  follows = ["off", "axis", "brush"];
  equipped = "";

  connectedCallback() {
    super.connectedCallback();
    this.resized = new ResizeObserver(this.repaint);
    this.resized.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resized?.disconnect();
  }

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return axesOf(comparison).length > 1;
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    const all = axesOf(comparison);
    const chosen = comparison.chosen("axis", all.map(({ name }) => name), 0);
    const axes = chosen.length ? all.filter(({ name }) => chosen.includes(name)) : firstOf(all);
    this.equip(comparison, all, axes);
    const limits = brushes(comparison.address.all("brush"));
    const place = this.querySelector('[data-part="drawing"]');
    const parallel = new Parallel(comparison, { axes, limits, onBrush: (name, brush) => this.limit(comparison, name, brush) });
    place?.replaceChildren(parallel.drawing(this.clientWidth));
    this.list(comparison, parallel.inside());
    this.numbers(comparison, axes, limits);
    this.dataset.drawn = "yes";
  }

  /**
   * @param {Comparison} comparison
   * @param {string} name
   * @param {Brush | undefined} brush
   */
  limit({ address }, name, brush) {
    const limits = brushes(address.all("brush"));
    if (brush) limits.set(name, brush);
    else limits.delete(name);
    address.put({ brush: spelled(limits) });
  }

  /**
   * @param {Comparison} comparison
   * @param {number[]} ids
   */
  list(comparison, ids) {
    const place = this.querySelector('[data-part="inside"]');
    const isLimited = comparison.address.all("brush").length > 0;
    const told = isLimited ? `${ids.length} of ${comparison.shown.length} jobs are inside the limits: ` : "Drag along an axis to set limits.";
    const inside = comparison.shown.filter(({ id }) => isLimited && ids.includes(id));
    const links = inside.flatMap((job) => [make("a", { href: `/jobs/${job.id}/` }, comparison.title(job)), " "]);
    const rest = comparison.shown.map(({ id }) => id).filter((id) => !ids.includes(id));
    const only = make("button", { type: "button", class: "button is-small" }, "Hide the others");
    only.addEventListener("click", () => comparison.address.put({ off: [...comparison.off, ...rest].join() }));
    const none = make("button", { type: "button", class: "button is-small" }, "Clear limits");
    none.addEventListener("click", () => comparison.address.put({ brush: "" }));
    place?.replaceChildren(make("span", { role: "status" }, told, ...links), ...(isLimited && rest.length ? [only] : []), ...(isLimited ? [none] : []));
  }

  /**
   * Limits can be typed too, which is finer, and needs no pointer.
   * @param {Comparison} comparison
   * @param {Axis[]} axes
   * @param {Map<string, Brush>} limits
   */
  numbers(comparison, axes, limits) {
    const place = this.querySelector('[data-part="numbers"]');
    if (!place || place.contains(document.activeElement)) return;
    place.replaceChildren(
      ...axes.map(({ name, values }) => {
        const known = values.filter((value) => typeof value === "number");
        const brush = limits.get(name);
        const [from, to] = /** @type {const} */ (["from", "to"]).map((side) => {
          const value = number((side === "from" ? brush?.low : brush?.high) ?? NaN);
          const edge = amount(side === "from" ? Math.min(...known) : Math.max(...known));
          return make("input", { type: "number", step: "any", value, placeholder: edge, "aria-label": `${written(name)} ${side}` });
        });
        const read = () =>
          this.limit(comparison, name, {
            low: from?.value ? Number(from.value) : -Infinity,
            high: to?.value ? Number(to.value) : Infinity,
          });
        for (const field of [from, to]) field?.addEventListener("change", read);
        return make("div", { class: "compare-limit" }, make("span", {}, written(name)), ...(from && to ? [from, "to", to] : []));
      }),
    );
  }

  /**
   * @param {Comparison} comparison
   * @param {Axis[]} all
   * @param {Axis[]} axes
   */
  equip({ address }, all, axes) {
    const names = all.map(({ name }) => name);
    if (this.equipped === names.join()) return;
    this.equipped = names.join();
    const chosen = axes.map(({ name }) => name);
    const onChoose = (/** @type {string[]} */ axis) => address.put({ axis });
    const tools = this.closest("section")?.querySelector('[data-part="tools"]');
    tools?.replaceChildren(chooser({ title: "Axes", names, chosen, label: written, onChoose }));
  }
}

/**
 * Axes on which all jobs are alike tell nothing.
 * @param {Comparison} comparison
 */
function axesOf({ data: { axes } }) {
  return ranked(axes, ({ name }) => name).filter(({ values }) => new Set(values.filter((value) => value !== null)).size > 1);
}

/** @param {Axis[]} all */
function firstOf(all) {
  const kinds = /** @type {const} */ (["parameter", "cost", "metric"]);
  return kinds.flatMap((kind) => all.filter((axis) => axis.kind === kind).slice(0, FIRST[kind]));
}

customElements.define("parallel-axes", ParallelAxes);
