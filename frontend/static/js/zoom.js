// Finer curves for the range of steps that a chart is zoomed to: the page itself holds thinned ones.

import { Series } from "./series.js";

/** @typedef {import("./types.js").Curve} Curve */

const PAUSE = 120; // ms without another zoom before the server is asked

export class Zoom {
  /**
   * @param {object} options
   * @param {string} options.job
   * @param {number} options.px
   * @param {() => void} options.onFiner
   */
  constructor({ job, px, onFiner }) {
    this.job = job;
    this.px = px;
    this.onFiner = onFiner;
    /** @type {Map<string, Curve>} */
    this.curves = new Map();
    /** @type {AbortController | undefined} */
    this.asking = undefined;
  }

  /** This will forget the finer curves: the chart shows everything again. */
  leave() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.curves.clear();
  }

  /**
   * This will ask for the range, once no other has followed it; only for curves that were thinned.
   * @param {[number, number]} range
   * @param {[string, Series][]} found
   */
  enter([low, high], found) {
    clearTimeout(this.timer);
    const names = found.filter(([, series]) => series.steps.length >= this.px).map(([name]) => name);
    if (names.length) this.timer = setTimeout(() => void this.ask({ names, low, high }), PAUSE);
  }

  /** @param {{names: string[], low: number, high: number}} wanted */
  async ask({ names, low, high }) {
    this.asking?.abort();
    this.asking = new AbortController();
    const query = new URLSearchParams({
      names: names.join(","),
      px: String(this.px),
      step_from: String(Math.max(0, Math.floor(low))),
      step_to: String(Math.max(0, Math.ceil(high))),
    });
    try {
      const answer = await fetch(`/api/v1/jobs/${this.job}/metrics/?${query}`, { signal: this.asking.signal });
      if (!answer.ok) return; // the thinned curves stay: less fine, but right
      const { series } = await answer.json();
      this.curves = new Map(Object.entries(series));
    } catch {
      return; // another zoom has begun, or the connection is lost
    }
    this.onFiner();
  }

  /**
   * This will put the finer part of a curve in the place of the thinned one.
   * @param {string} name
   * @param {Series} series
   */
  finer(name, series) {
    const curve = this.curves.get(name);
    const [first, last] = [curve?.steps[0], curve?.steps.at(-1)];
    const newest = series.steps.at(-1) ?? -1;
    // A resumed attempt has gone back behind what was asked for: then it holds no longer.
    if (!curve || first === undefined || last === undefined || newest < last) return series;
    const whole = new Series();
    whole.append(series.between(-Infinity, first - 1));
    whole.append(curve);
    whole.append(series.between(last + 1, Infinity));
    return whole;
  }
}
