// Curves as the page holds them.

/** @typedef {import("./types.js").Curve} Curve */

/**
 * One metric: finite values to draw as a line, and the others as marks. Where a metric goes by time, its times (ms
 * since 1970) stand in the place of the steps.
 */
export class Series {
  constructor() {
    /** @type {number[]} */
    this.steps = [];
    /** @type {number[]} NaN where the value is not finite */
    this.values = [];
    /** @type {{step: number, word: string}[]} */
    this.marks = [];
  }

  /**
   * This will add points; those we have from their first step on are dropped, because a resumed attempt
   * repeats the steps after its checkpoint.
   * @param {Curve} curve
   */
  append(curve) {
    const first = curve.steps[0];
    if (first === undefined) return;
    let keep = this.steps.length;
    while (keep > 0 && /** @type {number} */ (this.steps[keep - 1]) >= first) keep -= 1;
    this.steps.length = keep;
    this.values.length = keep;
    this.marks = this.marks.filter((mark) => mark.step < first);
    curve.steps.forEach((step, index) => {
      const value = curve.values[index];
      this.steps.push(step);
      this.values.push(typeof value === "number" ? value : NaN);
      if (typeof value === "string") this.marks.push({ step, word: value });
    });
  }

  /**
   * This will return the points between two steps, both included, as they came.
   * @param {number} low
   * @param {number} high
   * @returns {Curve}
   */
  between(low, high) {
    const words = new Map(this.marks.map(({ step, word }) => [step, word]));
    const kept = [...this.steps.keys()].filter((index) => {
      const step = /** @type {number} */ (this.steps[index]);
      return step >= low && step <= high;
    });
    const steps = kept.map((index) => /** @type {number} */ (this.steps[index]));
    const values = kept.map((index) => {
      const value = /** @type {number} */ (this.values[index]);
      return Number.isFinite(value) ? value : (words.get(/** @type {number} */ (this.steps[index])) ?? "NaN");
    });
    return { steps, values };
  }

  /** @returns {number | undefined} the newest finite value */
  get latest() {
    return this.values.findLast((value) => Number.isFinite(value));
  }

  /**
   * This will return the value to draw a mark at: the finite one nearest before it.
   * @param {number} step
   */
  heightAt(step) {
    let height = this.values.find((value) => Number.isFinite(value)) ?? 0;
    for (let index = 0; index < this.steps.length && /** @type {number} */ (this.steps[index]) <= step; index += 1) {
      const value = /** @type {number} */ (this.values[index]);
      if (Number.isFinite(value)) height = value;
    }
    return height;
  }

  /**
   * This will return an exponential mean without the pull towards the start.
   * @param {number} memory between 0 and 1
   */
  smoothed(memory) {
    let sum = 0;
    let weight = 0;
    return this.values.map((value) => {
      if (!Number.isFinite(value)) return NaN;
      sum = memory * sum + (1 - memory) * value;
      weight = memory * weight + (1 - memory);
      return sum / weight;
    });
  }
}

/** All metrics of a job by name, in the order in which they came. */
export class SeriesStore {
  constructor() {
    /** @type {Map<string, Series>} */
    this.all = new Map();
    this.seq = 0;
  }

  /**
   * This will take in what a frame brought and return the names that changed.
   * @param {import("./types.js").Frame} frame
   * @returns {Set<string>}
   */
  take(frame) {
    const changed = new Set(Object.keys(frame.points));
    if (frame.replace) {
      for (const name of this.all.keys()) changed.add(name);
      this.all.clear();
    }
    for (const [name, { times, steps, values }] of Object.entries(frame.points)) {
      let series = this.all.get(name);
      if (!series) this.all.set(name, (series = new Series()));
      series.append({ steps: times ?? steps, values });
    }
    this.seq = frame.seq;
    return changed;
  }

  /** @returns {number} the points of the longest curve */
  get longest() {
    return Math.max(0, ...[...this.all.values()].map((series) => series.steps.length));
  }

  /**
   * This will return the metrics whose names start with one of the prefixes and end with the suffix, but for some.
   * @param {{prefixes?: string[], suffix?: string, without?: string[]}} plan
   */
  matching({ prefixes = [], suffix = "", without = [] }) {
    const found = [...this.all].filter(
      ([name]) =>
        name.endsWith(suffix) && prefixes.some((prefix) => name.startsWith(prefix)) && !without.includes(name),
    );
    return found.sort(([one], [two]) => Number(isTotal(two)) - Number(isTotal(one)) || one.localeCompare(two));
  }
}

/**
 * A sum of the others comes first.
 * @param {string} name
 */
function isTotal(name) {
  return name.endsWith("/total");
}
