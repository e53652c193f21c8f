// What the address says of the curves: which of them, along what, how smooth, how near.

/** @typedef {import("./comparison.js").Comparison} Comparison */
/** @typedef {import("./lines.js").Range} Range */
/** @typedef {import("./overlay.js").View} View */

export const SMOOTHEST = 0.98;

/**
 * This will return the metrics that are shown: those that were chosen, or quality on validation and a loss.
 * @param {Comparison} comparison
 */
export function shownMetrics(comparison) {
  const { metrics } = comparison.data;
  const asked = comparison.chosen("name", metrics, 0);
  return asked.length ? asked : firstOf(metrics);
}

/**
 * This will read how curves are looked at.
 * @param {Comparison} comparison
 * @returns {View}
 */
export function viewOf({ address }) {
  const log = address.one("log");
  const [low, high] = address.one("zoom").split(",").map(Number);
  return {
    x: ["epoch", "time"].find((x) => x === address.one("x")) ?? "step",
    smooth: Math.min(SMOOTHEST, Math.max(0, Number(address.one("smooth")) || 0)),
    logX: log.includes("x"),
    logY: log.includes("y"),
    zoom: Number.isFinite(low) && Number.isFinite(high) ? /** @type {Range} */ ([low, high]) : undefined,
  };
}

/**
 * This will read the curves that are shown, by metric and job.
 * @param {Comparison} comparison
 */
export function readShown(comparison) {
  const { x, zoom } = viewOf(comparison);
  return comparison.lines.read({ names: shownMetrics(comparison), x, zoom });
}

/** @param {string[]} metrics */
function firstOf(metrics) {
  const started = (/** @type {string} */ start) => metrics.find((name) => name.startsWith(start));
  const found = [started("val/miou") ?? started("val/top1") ?? started("val/"), started("loss/total") ?? started("loss")].filter((name) => name !== undefined);
  return found.length ? found : metrics.slice(0, 1);
}
