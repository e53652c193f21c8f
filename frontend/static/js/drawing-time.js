// How much a page may draw by itself: its charts follow one feed, and each alone would think that it takes little.

const SHARE = 0.5; // of the time, for all charts of a page together

let free = 0;

/** How long no chart should draw for news alone, in ms. */
export function rest() {
  return Math.max(0, free - performance.now());
}

/** @param {number} took ms, of a drawing that has just ended */
export function drew(took) {
  free = Math.max(free, performance.now()) + took / SHARE - took;
}
