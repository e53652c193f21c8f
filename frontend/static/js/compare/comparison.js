// What the server says about the jobs, with what the address says of them.

import { palette } from "../palette.js";
import { Lines } from "./lines.js";

/** @typedef {import("./address.js").Address} Address */
/** @typedef {import("./types.js").Compared} Compared */
/** @typedef {import("./types.js").ComparedJob} ComparedJob */

export const DASHES = ["solid", "dot", "dash", "dashdot", "longdash"];

export class Comparison {
  /**
   * @param {Compared} data
   * @param {Address} address
   * @param {string} px how finely curves are drawn
   */
  constructor(data, address, px) {
    this.data = data;
    this.address = address;
    this.lines = new Lines({ jobs: data.jobs.map(({ id }) => id).join(), px });
    this.byId = new Map(data.jobs.map((job) => [job.id, job]));
    this.places = new Map(data.jobs.map((job, place) => [job.id, place]));
  }

  /** @returns {Set<number>} the jobs that are not drawn */
  get off() {
    return new Set(this.address.ids("off"));
  }

  /** @returns {ComparedJob[]} */
  get shown() {
    const { off } = this;
    return this.data.jobs.filter(({ id }) => !off.has(id));
  }

  /**
   * This will return colour and dash of a job: the colours repeat after some, then with another dash.
   * @param {ComparedJob} job
   */
  pen(job) {
    const { series } = palette();
    const dash = DASHES[Math.floor(job.color / series.length) % DASHES.length] ?? "solid";
    return { color: series[job.color % series.length] ?? "gray", dash };
  }

  /**
   * This will name a job as charts and tables do; numbers tell those of one name apart.
   * @param {ComparedJob} job
   */
  title(job) {
    return `${job.name || "Unnamed job"} #${job.id}`;
  }

  /**
   * This will return those of the names that there are, or the first ones where none is.
   * @param {string} key of the address
   * @param {string[]} names
   * @param {number} most
   */
  chosen(key, names, most) {
    const known = new Set(names);
    const asked = this.address.all(key).filter((name) => known.has(name));
    return asked.length ? asked : names.slice(0, most);
  }
}
