import { ask } from "../compare/lines.js";
import { make } from "../compare/markup.js";
import { palette } from "../palette.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").JobWeights} JobWeights */
/** @typedef {import("../compare/types.js").Weighed} Weighed */

const WIDE = 480; // pixels that steps are painted on
const SHADES = 64;

/** Mean weight of each teacher by step, a map for each job; all share their colours and their steps. */
class WeightMaps extends ComparedElement {
  follows = ["off"];
  /** @type {Promise<Weighed> | undefined} */
  weighed = undefined;
  /** @type {Comparison | undefined} */
  of = undefined;

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return comparison.data.jobs.some((job) => job.has_weights);
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    void this.paint(comparison);
  }

  /** @param {Comparison} comparison */
  async paint(comparison) {
    if (comparison !== this.of) this.weighed = undefined; // jobs that run have more of them by now
    this.of = comparison;
    const jobs = comparison.data.jobs.filter((job) => job.has_weights).map(({ id }) => id);
    this.weighed ??= ask(`/api/v1/compare/weights/?jobs=${jobs.join()}`);
    /** @type {Weighed} */
    let weighed;
    try {
      weighed = await this.weighed;
    } catch (error) {
      this.weighed = undefined;
      this.say(error instanceof Error ? error.message : "");
      return;
    }
    const { off } = comparison;
    const maps = weighed.jobs.filter(({ id, steps }) => steps.length && !off.has(id));
    this.say(maps.length ? "" : "No weights were recorded.");
    this.querySelector('[data-part="maps"]')?.replaceChildren(...maps.map((map) => this.map(comparison, weighed, map)));
    this.scale(weighed);
    this.dataset.drawn = "yes";
  }

  /**
   * @param {Comparison} comparison
   * @param {Weighed} weighed
   * @param {JobWeights} map
   */
  map(comparison, weighed, map) {
    const job = comparison.byId.get(map.id);
    const title = job ? comparison.title(job) : `#${map.id}`;
    const rows = map.teachers.map((teacher, place) => {
      const values = map.values[place] ?? [];
      const newest = values.findLast((value) => value !== null);
      const canvas = make("canvas", { width: WIDE, height: 1, role: "img", "aria-label": `${teacher}: ${about(values)}` });
      fill(canvas, values, { steps: map.steps, weighed });
      canvas.addEventListener("pointermove", (event) => {
        const step = (event.offsetX / Math.max(1, canvas.clientWidth)) * weighed.last_step;
        const index = Math.max(0, map.steps.findLastIndex((known) => known <= step));
        canvas.title = `${teacher}, step ${map.steps[index]}: ${values[index]?.toFixed(3) ?? "–"}`;
      });
      const last = make("span", { class: "number" }, newest?.toFixed(2) ?? "–");
      return make("div", { class: "weight-row" }, make("bdi", { title: teacher }, teacher), canvas, last);
    });
    const head = make("h3", {}, make("bdi", {}, title));
    const pen = job ? comparison.pen(job).color : "";
    head.style.setProperty("--swatch", pen);
    return make("article", { "data-job": map.id }, head, ...rows);
  }

  /** @param {Weighed} weighed */
  scale({ low, high, last_step }) {
    const ramp = make("canvas", { width: SHADES, height: 1, "aria-hidden": "true" });
    const values = Array.from({ length: SHADES }, (_, place) => low + ((high - low) * place) / (SHADES - 1));
    fill(ramp, values, { steps: [...values.keys()], weighed: { low, high, last_step: SHADES } });
    this.querySelector('[data-part="scale"]')?.replaceChildren(
      make("span", {}, low.toFixed(2)),
      ramp,
      make("span", {}, `${high.toFixed(2)} · steps 0 to ${last_step} · at the right the newest weight`),
    );
  }

  /** @param {string} sentence */
  say(sentence) {
    const note = /** @type {HTMLElement | null} */ (this.querySelector('[data-part="problem"]'));
    if (!note) return;
    note.hidden = !sentence;
    note.textContent = sentence;
  }
}

/**
 * This will paint each weight from its step to the next one's; what lies behind the last step stays empty.
 * @param {HTMLCanvasElement} canvas
 * @param {(number | null)[]} values
 * @param {{steps: number[], weighed: {low: number, high: number, last_step: number}}} plan
 */
function fill(canvas, values, { steps, weighed }) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const shades = ramp();
  const perStep = canvas.width / Math.max(1, weighed.last_step);
  const usual = (steps.at(-1) ?? 0) / Math.max(1, steps.length - 1);
  values.forEach((value, place) => {
    const step = steps[place];
    if (value === null || step === undefined) return;
    const until = steps[place + 1] ?? step + usual;
    const share = (value - weighed.low) / Math.max(1e-9, weighed.high - weighed.low);
    pen.fillStyle = shades[Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))] ?? "gray";
    const [from, to] = [step, until].map((each) => Math.round(each * perStep)); // half a pixel would let the ground through
    pen.fillRect(from ?? 0, 0, Math.max(1, (to ?? 0) - (from ?? 0)), 1);
  });
}

/** This will mix the colours of the scale: low, middle, high. */
function ramp() {
  const [low, mid, high] = palette().heat;
  const from = (/** @type {number} */ place) => (place < 0.5 ? low : mid);
  return Array.from({ length: SHADES }, (_, place) => {
    const share = place / (SHADES - 1);
    const part = share < 0.5 ? 2 * share : 2 * share - 1;
    return mixed(from(share) ?? "", (share < 0.5 ? mid : high) ?? "", part);
  });
}

/**
 * @param {string} one as computed by the browser: rgb(r, g, b)
 * @param {string} two
 * @param {number} share of the second
 */
function mixed(one, two, share) {
  const [from, to] = [one, two].map((color) => (color.match(/[\d.]+/g) ?? []).map(Number));
  return `rgb(${[0, 1, 2].map((part) => Math.round((1 - share) * (from?.[part] ?? 0) + share * (to?.[part] ?? 0))).join()})`;
}

/** @param {(number | null)[]} values */
function about(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return "no weights";
  const [first, last] = [known[0], known.at(-1)];
  return `weight ${first?.toFixed(2)} at first, ${last?.toFixed(2)} at last, between ${Math.min(...known).toFixed(2)} and ${Math.max(...known).toFixed(2)}`;
}

customElements.define("weight-maps", WeightMaps);
