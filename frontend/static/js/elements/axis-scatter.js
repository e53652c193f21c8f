import { CONFIG, layoutOf, scale } from "../compare/layout.js";
import { front } from "../compare/front.js";
import { choice, make, toggle } from "../compare/markup.js";
import { amount, better, isShare, ranked, written } from "../compare/names.js";
import { escaped } from "../compare/overlay.js";
import { palette } from "../palette.js";
import { Plotly } from "../plotly.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").Axis} Axis */
/** @typedef {import("../compare/types.js").Better} Better */
/** @typedef {import("../compare/types.js").ComparedJob} ComparedJob */
/** @typedef {{job: ComparedJob, x: number, y: number}} Point */
/** @typedef {{x: Axis, y: Axis, wanted: {x: Better, y: Better}, log: string}} View */

const HEADLINES = ["test/miou", "test/top1", "val/miou", "val/top1"];
const FIRST_COST = ["student.params", "student.macs", "seconds"];
const LABELLED = 12; // points that have their names beside them

/** Any two numbers of the jobs against each other, with those that no other beats in both. */
class AxisScatter extends ComparedElement {
  follows = ["off", "across", "up", "best", "scales"];
  equipped = "";

  disconnectedCallback() {
    super.disconnectedCallback();
    if (this.box) Plotly.purge(this.box);
  }

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return comparison.data.axes.length > 1;
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    const view = viewOf(comparison);
    if (!view) return;
    this.equip(comparison, view);
    const points = comparison.shown.flatMap((job) => {
      const place = comparison.places.get(job.id) ?? 0;
      const [x, y] = [view.x.values[place], view.y.values[place]];
      return typeof x === "number" && typeof y === "number" ? [{ job, x, y }] : [];
    });
    const best = front(points, view.wanted);
    void this.paint(comparison, { points, best, view });
    this.tell(comparison, { best, view });
  }

  /**
   * @param {Comparison} comparison
   * @param {{points: Point[], best: Point[], view: View}} drawn
   */
  async paint(comparison, { points, best, view }) {
    this.box = /** @type {HTMLElement} */ (this.querySelector(".plot"));
    const along = { type: "scatter", mode: "lines", x: best.map(({ x }) => x), y: best.map(({ y }) => y), hoverinfo: "skip" };
    const line = { ...along, line: { color: palette().faint, width: 1.2, dash: "dot", shape: "linear" } };
    const isBest = new Set(best.map(({ job }) => job.id));
    const colors = points.map(({ job }) => comparison.pen(job).color);
    const dots = {
      type: "scatter",
      mode: points.length <= LABELLED ? "markers+text" : "markers",
      x: points.map(({ x }) => x),
      y: points.map(({ y }) => y),
      text: points.map(({ job }) => `#${job.id}`),
      textposition: "top center",
      cliponaxis: false,
      marker: {
        color: points.map(({ job }, place) => (isBest.has(job.id) ? colors[place] : "rgba(0,0,0,0)")),
        size: points.map(({ job }) => (isBest.has(job.id) ? 11 : 9)),
        line: { width: 2, color: colors },
      },
      hovertext: points.map(
        ({ job, x, y }) =>
          `${escaped(comparison.title(job))}<br>${escaped(written(view.x.name))} ${amount(x, view.x.name)}<br>${escaped(written(view.y.name))} ${amount(y, view.y.name)}`,
      ),
      hoverinfo: "text",
    };
    await Plotly.react(this.box, [line, dots], layoutOf(axisOf(view.x, view.log.includes("x")), axisOf(view.y, view.log.includes("y"))), CONFIG);
    this.dataset.drawn = "yes";
  }

  /**
   * @param {Comparison} comparison
   * @param {{best: Point[], view: View}} found
   */
  tell(comparison, { best, view }) {
    const place = this.querySelector('[data-part="front"]');
    if (!place) return;
    const items = best.map(({ job, x, y }) =>
      make("li", {}, make("a", { href: `/jobs/${job.id}/` }, make("bdi", {}, comparison.title(job))), ` ${amount(x, view.x.name)} · ${amount(y, view.y.name)}`),
    );
    const heading = `Pareto front (${view.wanted.x} ${written(view.x.name)}, ${view.wanted.y} ${written(view.y.name)}): `;
    place.replaceChildren(
      make("b", {}, items.length ? heading : "No job has both numbers."),
      make("ul", {}, ...items),
    );
  }

  /**
   * @param {Comparison} comparison
   * @param {View} view
   */
  equip(comparison, view) {
    const { address, data } = comparison;
    const key = JSON.stringify([data.axes.map(({ name }) => name), view.x.name, view.y.name, view.wanted, view.log]);
    if (key === this.equipped) return;
    this.equipped = key;
    const options = ranked(data.axes, ({ name }) => name).map(({ name }) => /** @type {[string, string]} */ ([name, written(name)]));
    const tools = /** @type {const} */ (["x", "y"]).map((side) => {
      const [axis, parameter] = side === "x" ? [view.x, "across"] : [view.y, "up"];
      const scales = () => address.one("scales").replace(side, "");
      return make(
        "div",
        { class: "compare-tools", role: "group", "aria-label": side === "x" ? "Horizontal axis" : "Vertical axis" },
        choice({ label: side, options, chosen: axis.name, onChoose: (name) => address.put({ [parameter]: name, best: "", scales: scales() }) }),
        choice({
          label: "best",
          options: [["low", "low"], ["high", "high"]],
          chosen: view.wanted[side],
          onChoose: (value) => {
            const wanted = { ...viewOf(comparison)?.wanted, [side]: value };
            address.put({ best: `${wanted.x},${wanted.y}` });
          },
        }),
        make(
          "div",
          { class: "switcher" },
          toggle(`log ${side}`, view.log.includes(side), (on) => address.put({ scales: on ? scales() + side : scales() })),
        ),
      );
    });
    const place = this.querySelector('[data-part="tools"]');
    const held = [...(place?.querySelectorAll("select, button") ?? [])].indexOf(document.activeElement ?? this);
    place?.replaceChildren(...tools);
    if (held >= 0) /** @type {HTMLElement | undefined} */ (place?.querySelectorAll("select, button")[held])?.focus();
  }
}

/**
 * @param {Axis} axis
 * @param {boolean} isLog
 */
function axisOf(axis, isLog) {
  return { title: { text: escaped(written(axis.name)), standoff: 6 }, ...scale(isLog), ...(!isLog && { tickformat: isShare(axis.name) ? ".0%" : "~s" }) };
}

/**
 * @param {Comparison} comparison
 * @returns {View | undefined}
 */
function viewOf({ address, data: { axes } }) {
  const named = (/** @type {string[]} */ names) => names.map((name) => axes.find((axis) => axis.name === name)).find(Boolean);
  const y = named([address.one("up"), ...HEADLINES]) ?? axes.find(({ kind }) => kind === "metric") ?? axes[0];
  const others = axes.filter((axis) => axis !== y);
  const x = named([address.one("across"), ...FIRST_COST]) ?? others.find(({ kind }) => kind !== "metric") ?? others[0];
  if (!x || !y) return undefined;
  const [wantedX, wantedY] = address.one("best").split(",");
  const wanted = { x: direction(wantedX, x, axes), y: direction(wantedY, y, axes) };
  return { x, y, wanted, log: address.one("scales") };
}

/**
 * @param {string | undefined} asked
 * @param {Axis} axis
 * @param {Axis[]} axes
 * @returns {Better}
 */
function direction(asked, axis, axes) {
  return asked === "low" || asked === "high" ? asked : (better(axis.name, axes) ?? "high");
}

customElements.define("axis-scatter", AxisScatter);
