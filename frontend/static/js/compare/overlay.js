// One metric of several jobs as a figure.

import { palette } from "../palette.js";
import { Series } from "../series.js";
import { layoutOf, scale } from "./layout.js";
import { isShare } from "./names.js";

/** @typedef {import("./comparison.js").Comparison} Comparison */
/** @typedef {import("./lines.js").Range} Range */
/** @typedef {import("./types.js").ComparedJob} ComparedJob */
/** @typedef {import("./types.js").Line} Line */
/** @typedef {{x: string, smooth: number, logX: boolean, logY: boolean, zoom: Range | undefined}} View */
/** @typedef {{divisor: number, title: string}} Unit */

const FEW = 40; // points that are drawn as dots too
const FAINT = 0.25;
const ROOM = 0.05; // above and below what is in view
const MINUTES = 300; // seconds from which on times are told in minutes
const HOURS = 3 * 3600;

/**
 * This will make the figure of one metric; times are told in the unit that fits the longest job.
 * @param {Comparison} comparison
 * @param {string} name
 * @param {{series: Record<string, Line>, view: View, unit: Unit}} drawn
 */
export function overlay(comparison, name, { series, view, unit }) {
  const traces = comparison.shown.flatMap((job) => {
    const line = series[job.id];
    return line ? tracesOf(comparison, job, { name, line, view, unit }) : [];
  });
  const range = view.zoom?.map((edge) => (view.logX ? Math.log10(Math.max(edge, 1e-9) / unit.divisor) : edge / unit.divisor));
  const layout = layoutOf(
    { title: { text: unit.title, standoff: 6 }, ...scale(view.logX), ...(range ? { range } : { autorange: true }) },
    {
      fixedrange: true,
      ...scale(view.logY),
      ...(!view.logY && { tickformat: isShare(name) ? ".0%" : "~g" }),
      ...(view.zoom && heights(traces, view, unit)),
    },
  );
  return { traces, layout };
}

/**
 * This will fit the vertical axis to what is in view; more was read than that.
 * @param {{x: number[], y: number[]}[]} traces
 * @param {View} view
 * @param {Unit} unit
 */
function heights(traces, { zoom, logY }, unit) {
  const [low, high] = (zoom ?? [0, 0]).map((edge) => edge / unit.divisor);
  let [least, most] = [Infinity, -Infinity];
  for (const { x, y } of traces) {
    y.forEach((value, place) => {
      const at = x[place] ?? NaN;
      if (!(at >= (low ?? 0) && at <= (high ?? 0)) || !Number.isFinite(value) || (logY && value <= 0)) return;
      least = Math.min(least, logY ? Math.log10(value) : value);
      most = Math.max(most, logY ? Math.log10(value) : value);
    });
  }
  const pad = ROOM * (most - least) || ROOM;
  return least <= most ? { range: [least - pad, most + pad] } : {};
}

/**
 * @param {Comparison} comparison
 * @param {ComparedJob} job
 * @param {{name: string, line: Line, view: View, unit: Unit}} drawn
 */
function tracesOf(comparison, job, { name, line, view, unit }) {
  const series = new Series();
  series.append({ steps: placesOf(line).map((place) => place / unit.divisor), values: line.values });
  const { color, dash } = comparison.pen(job);
  const title = comparison.title(job);
  const where = `${view.x === "step" ? "step " : ""}%{x:.6~g}${view.x === "step" ? "" : ` ${unit.title.split(" ")[0]}`}`;
  const base = {
    type: "scatter",
    name: title,
    x: series.steps,
    y: series.values,
    connectgaps: false,
    mode: series.steps.length <= FEW && !view.smooth ? "lines+markers" : "lines",
    line: { width: 1.8, color, dash },
    marker: { color, size: 5 },
    hovertemplate: `${where}: %{y:${isShare(name) ? ".1%" : ".4g"}}<extra>${escaped(title)}</extra>`,
  };
  const traces = view.smooth
    ? [
        { ...base, opacity: FAINT, line: { ...base.line, width: 1.2 }, hoverinfo: "skip", hovertemplate: undefined },
        { ...base, y: series.smoothed(view.smooth) },
      ]
    : [base];
  return series.marks.length ? [...traces, notFinite(base, series, title)] : traces;
}

/**
 * @param {Record<string, any>} base
 * @param {Series} series
 * @param {string} title
 */
function notFinite(base, series, title) {
  return {
    ...base,
    mode: "markers",
    x: series.marks.map((mark) => mark.step),
    y: series.marks.map((mark) => series.heightAt(mark.step)),
    text: series.marks.map((mark) => mark.word),
    hovertemplate: `%{text}<extra>${escaped(title)}</extra>`,
    marker: { color: palette().bad, size: 9, symbol: "x" },
  };
}

/**
 * This will return where the points of a curve lie: at the steps, unless something else was asked for.
 * @param {Line} line
 */
function placesOf(line) {
  return line.x ?? line.steps;
}

/**
 * This will choose the unit of an axis by the longest of the curves.
 * @param {string} x
 * @param {Iterable<Record<string, Line>>} curves
 * @returns {Unit}
 */
export function unitOf(x, curves) {
  if (x !== "time") return { divisor: 1, title: x };
  const last = Math.max(0, ...[...curves].flatMap((series) => Object.values(series).map((line) => placesOf(line).at(-1) ?? 0)));
  if (last >= HOURS) return { divisor: 3600, title: "hours since the start" };
  if (last >= MINUTES) return { divisor: 60, title: "minutes since the start" };
  return { divisor: 1, title: "seconds since the start" };
}

/**
 * Names are text, which charts would take for markup.
 * @param {string} text
 */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
