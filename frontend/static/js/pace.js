// How fast something goes and how long it still takes.

const WINDOW = 8000;

/** The pace of a growing number over the last seconds. */
export class Pace {
  constructor() {
    /** @type {[number, number][]} */
    this.samples = [];
  }

  /** @param {number} value */
  note(value) {
    const now = performance.now();
    if (value < (this.samples.at(-1)?.[1] ?? 0)) this.samples = [];
    this.samples.push([now, value]);
    while (this.samples.length > 2 && now - (this.samples[0]?.[0] ?? now) > WINDOW) this.samples.shift();
  }

  /** By the second; nothing while it is not known. */
  get speed() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last[0] - first[0] < 700) return 0;
    return (1000 * (last[1] - first[1])) / (last[0] - first[0]);
  }
}
