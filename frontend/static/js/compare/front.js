// The Pareto front: those that no other beats in both directions.

/** @typedef {{x: number, y: number}} Point */
/** @typedef {import("./types.js").Better} Better */

/**
 * This will return the points of the front from the best x on; of equal points all.
 * @template {Point} Kind
 * @param {Kind[]} points
 * @param {{x: Better, y: Better}} wanted
 * @returns {Kind[]}
 */
export function front(points, wanted) {
  const [alongX, alongY] = [wanted.x === "low" ? 1 : -1, wanted.y === "low" ? 1 : -1];
  const sorted = [...points].sort((one, two) => alongX * (one.x - two.x) || alongY * (one.y - two.y));
  /** @type {Kind[]} */
  const found = [];
  for (const point of sorted) {
    const best = found.at(-1);
    const isNew = !best || alongY * (point.y - best.y) < 0;
    if (isNew || (best?.x === point.x && best?.y === point.y)) found.push(point);
  }
  return found;
}
