// Curves of many jobs, thinned by the server to what a chart can show; a zoom asks for its part anew.

/** @typedef {import("./types.js").Line} Line */
/** @typedef {import("./types.js").Overlaid} Overlaid */
/** @typedef {[number, number]} Range */

/**
 * @typedef {object} Wanted
 * @property {string[]} names
 * @property {string} x
 * @property {Range | undefined} zoom
 */

const KEPT = 12;

export class Lines {
  /**
   * @param {object} options
   * @param {string} options.jobs their ids, divided by commas
   * @param {string} options.px
   */
  constructor({ jobs, px }) {
    this.jobs = jobs;
    this.px = px;
    /** @type {Map<string, Promise<Overlaid>>} by the address asked */
    this.kept = new Map();
  }

  /**
   * This will read the curves of some metrics, by metric and job.
   * @param {Wanted} wanted
   * @returns {Promise<Map<string, Record<string, Line>>>}
   */
  async read(wanted) {
    const address = this.address(wanted);
    const known = this.kept.get(address) ?? ask(address);
    this.kept.delete(address);
    this.kept.set(address, known);
    for (const old of [...this.kept.keys()].slice(0, -KEPT)) this.kept.delete(old);
    try {
      /** @type {Overlaid} */
      const { curves } = await known;
      return new Map(curves.map(({ name, series }) => [name, series]));
    } catch (error) {
      this.kept.delete(address);
      throw error;
    }
  }

  /** @param {Wanted} wanted */
  address({ names, x, zoom }) {
    const query = new URLSearchParams({ jobs: this.jobs, names: names.join(","), x, px: this.px });
    if (zoom) {
      // Lines go on over the edges, and what is smoothed has something to begin with.
      const margin = (zoom[1] - zoom[0]) / 2;
      query.set("px", String(2 * Number(this.px)));
      query.set("x_from", String(Math.max(0, zoom[0] - margin)));
      query.set("x_to", String(Math.max(0, zoom[1] + margin)));
    }
    return `/api/v1/metrics/?${query}`;
  }
}

/**
 * This will ask the server, and throw its sentence where it refuses.
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @param {(answer: Response) => void} [onAnswer]
 * @returns {Promise<any>}
 */
export async function ask(address, signal, onAnswer) {
  const answer = await fetch(address, { signal: signal ?? null, credentials: "same-origin" }).catch((error) => {
    throw error.name === "AbortError" ? error : new Error("There is no connection to the server.");
  });
  onAnswer?.(answer);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail ?? body.title ?? `The server answered ${answer.status}.`);
  return body;
}
