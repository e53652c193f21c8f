// How many samples gained how much, as bars.

import { drawn } from "./markup.js";
import { gained } from "./names.js";

const [WIDTH, HEIGHT] = [600, 90];

/**
 * This will draw bars left and right of zero.
 * @param {{edges: number[], counts: number[]}} bins
 */
export function histogram({ edges, counts }) {
  const [first, last] = [edges[0] ?? -1, edges.at(-1) ?? 1];
  const most = Math.max(1, ...counts);
  const at = (/** @type {number} */ edge) => (WIDTH * (edge - first)) / (last - first || 1);
  const bars = counts.map((count, place) => {
    const [low, high] = [edges[place] ?? 0, edges[place + 1] ?? 0];
    const middle = (low + high) / 2;
    const side = middle > 1e-9 ? "above" : middle < -1e-9 ? "below" : "open";
    const height = count ? Math.max(1.5, (HEIGHT * count) / most) : 0;
    const bar = drawn("rect", { x: at(low) + 0.5, y: HEIGHT - height, width: Math.max(1, at(high) - at(low) - 1), height, "data-side": side });
    bar.append(drawn("title", {}, `${gained(low, "miou")} to ${gained(high, "miou")}: ${count} samples`));
    return bar;
  });
  const zero = drawn("line", { x1: at(0), x2: at(0), y1: 0, y2: HEIGHT });
  const label = `Samples by gain, from ${gained(first, "miou")} to ${gained(last, "miou")} points`;
  return drawn(
    "svg",
    { class: "gain-bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    ...bars,
    zero,
  );
}
