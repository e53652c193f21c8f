// Parallel coordinates as a drawing of our own: those of the chart bundle need what the policy of the site forbids.

import { drawn } from "./markup.js";
import { amount, written } from "./names.js";

/** @typedef {import("./brushes.js").Brush} Brush */
/** @typedef {import("./comparison.js").Comparison} Comparison */
/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {{name: string, x: number, low: number, high: number, values: (number | null)[]}} Placed */

const HEIGHT = 320;
const [TOP, BOTTOM, SIDE] = [44, 26, 56];
const NARROWEST = 104; // between two axes; where there is less room, the drawing scrolls
const HANDLE = 30; // how wide an axis can be taken hold of
const SMALLEST = 3; // what is dragged less far is a click, which takes limits away
const LONGEST = 17;
const PER_LETTER = 7; // of a name above an axis

export class Parallel {
  /**
   * @param {Comparison} comparison
   * @param {object} plan
   * @param {Axis[]} plan.axes
   * @param {Map<string, Brush>} plan.limits
   * @param {(name: string, brush: Brush | undefined) => void} plan.onBrush
   */
  constructor(comparison, { axes, limits, onBrush }) {
    this.comparison = comparison;
    this.axes = axes;
    this.limits = limits;
    this.onBrush = onBrush;
  }

  /** This will return the jobs that lie inside all limits. */
  inside() {
    const { comparison, limits } = this;
    const held = comparison.data.axes.filter(({ name }) => limits.has(name));
    return comparison.shown.map(({ id }) => id).filter((id) =>
      held.every(({ name, values }) => {
        const [value, brush] = [values[comparison.places.get(id) ?? 0], limits.get(name)];
        return typeof value === "number" && brush && value >= brush.low && value <= brush.high;
      }),
    );
  }

  /** @param {number} width */
  drawing(width) {
    const { axes, comparison } = this;
    const whole = Math.max(width, 2 * SIDE + NARROWEST * (axes.length - 1));
    const placed = axes.map(({ name, values }, place) => {
      const known = values.filter((value) => typeof value === "number");
      const x = SIDE + (place * (whole - 2 * SIDE)) / Math.max(1, axes.length - 1);
      return { name, values, x, low: Math.min(...known), high: Math.max(...known) };
    });
    const longest = Math.min(LONGEST, Math.floor((whole - 2 * SIDE) / Math.max(1, axes.length - 1) / PER_LETTER));
    const inside = new Set(this.inside());
    const lines = comparison.shown.map((job) => {
      const { color, dash } = comparison.pen(job);
      const path = this.path(placed, comparison.places.get(job.id) ?? 0);
      const line = drawn("path", { d: path, stroke: color, "stroke-dasharray": dash === "solid" ? undefined : "6 4" });
      line.append(drawn("title", {}, comparison.title(job)));
      line.classList.toggle("is-outside", !inside.has(job.id));
      return line;
    });
    const label = `${comparison.shown.length} jobs over ${axes.length} axes; the numbers stand in the tables of this page`;
    return drawn(
      "svg",
      { class: "parallel", width: whole, height: HEIGHT, viewBox: `0 0 ${whole} ${HEIGHT}`, role: "img", "aria-label": label },
      drawn("g", { class: "parallel-lines" }, ...lines),
      ...placed.map((axis) => this.axis(axis, longest)),
    );
  }

  /**
   * A job without a number of one axis has a gap there.
   * @param {Placed[]} placed
   * @param {number} job
   */
  path(placed, job) {
    let isBroken = true;
    return placed.map((axis) => {
      const value = axis.values[job];
      if (typeof value !== "number") {
        isBroken = true;
        return "";
      }
      const point = `${isBroken ? "M" : "L"}${axis.x.toFixed(1)} ${heightOf(axis, value).toFixed(1)}`;
      isBroken = false;
      return point;
    }).join(" ");
  }

  /**
   * @param {Placed} axis
   * @param {number} longest so many letters of its name have room
   */
  axis(axis, longest) {
    const { name, x, low, high } = axis;
    const [top, bottom] = [TOP, HEIGHT - BOTTOM];
    const text = written(name);
    const title = drawn("text", { class: "parallel-name", x, y: 14 }, text.length > longest ? `…${text.slice(1 - longest)}` : text);
    title.append(drawn("title", {}, text));
    const handle = drawn("rect", { class: "parallel-handle", x: x - HANDLE / 2, y: top - 6, width: HANDLE, height: bottom - top + 12 });
    const limit = this.limits.get(name);
    const shown = drawn("rect", { class: "parallel-brush", x: x - 8, width: 16, ...(limit ? spanOf(axis, limit) : { y: 0, height: 0 }) });
    this.listen(axis, handle, shown);
    return drawn(
      "g",
      { "data-axis": name },
      title,
      drawn("text", { class: "parallel-end", x, y: 31 }, amount(high, name)),
      drawn("text", { class: "parallel-end", x, y: HEIGHT - 8 }, amount(low, name)),
      drawn("line", { class: "parallel-axis", x1: x, x2: x, y1: top, y2: bottom }),
      shown,
      handle,
    );
  }

  /**
   * @param {Placed} axis
   * @param {SVGRectElement} handle
   * @param {SVGRectElement} shown
   */
  listen(axis, handle, shown) {
    /** @type {number | undefined} */
    let from;
    const at = (/** @type {PointerEvent} */ event) =>
      Math.min(HEIGHT - BOTTOM, Math.max(TOP, event.clientY - (handle.ownerSVGElement?.getBoundingClientRect().top ?? 0)));
    handle.addEventListener("pointerdown", (event) => {
      from = at(event);
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (from === undefined) return;
      shown.setAttribute("y", String(Math.min(from, at(event))));
      shown.setAttribute("height", String(Math.abs(from - at(event))));
    });
    handle.addEventListener("pointerup", (event) => {
      if (from === undefined) return;
      const [upper, lower] = [Math.min(from, at(event)), Math.max(from, at(event))];
      from = undefined;
      if (lower - upper < SMALLEST) return this.onBrush(axis.name, undefined);
      this.onBrush(axis.name, {
        low: lower >= HEIGHT - BOTTOM ? -Infinity : valueAt(axis, lower),
        high: upper <= TOP ? Infinity : valueAt(axis, upper),
      });
    });
  }
}

/**
 * @param {Placed} axis
 * @param {number} value
 */
function heightOf({ low, high }, value) {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
}

/**
 * @param {Placed} axis
 * @param {number} y
 */
function valueAt({ low, high }, y) {
  return low + ((HEIGHT - BOTTOM - y) / (HEIGHT - BOTTOM - TOP)) * (high - low);
}

/**
 * @param {Placed} axis
 * @param {Brush} limit
 */
function spanOf(axis, { low, high }) {
  const y = heightOf(axis, Math.min(high, axis.high));
  return { y, height: Math.max(2, heightOf(axis, Math.max(low, axis.low)) - y) };
}
