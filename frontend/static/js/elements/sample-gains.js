import { histogram } from "../compare/histogram.js";
import { ask } from "../compare/lines.js";
import { choice, make } from "../compare/markup.js";
import { gained } from "../compare/names.js";
import { ComparedElement } from "./compared-element.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {import("../compare/types.js").ComparedJob} ComparedJob */
/** @typedef {import("../compare/types.js").Gained} Gained */
/** @typedef {import("../compare/types.js").Gains} Gains */
/** @typedef {{own: ComparedJob, other: ComparedJob, sort: string}} View */

const SHARE = "miou"; // how gains are written: in percent points

/** Samples that one of two jobs won or lost against the other, with the way to each of them in Inspect. */
class SampleGains extends ComparedElement {
  follows = ["own", "other", "sort"];
  asked = "";
  equipped = "";

  disconnectedCallback() {
    super.disconnectedCallback();
    this.asking?.abort();
  }

  /** @param {Comparison} comparison */
  hasData(comparison) {
    return comparison.data.jobs.filter((job) => job.has_samples).length > 1;
  }

  /** @param {Comparison} comparison */
  show(comparison) {
    const view = viewOf(comparison);
    if (!view) return;
    this.equip(comparison, view);
    const query = new URLSearchParams({ jobs: `${view.own.id},${view.other.id}`, sort: view.sort });
    const key = String(query);
    if (key === this.asked) return;
    this.asked = key;
    void this.load(comparison, view, `/api/v1/compare/samples/?${query}`);
  }

  /**
   * @param {Comparison} comparison
   * @param {View} view
   * @param {string} source
   */
  async load(comparison, view, source) {
    this.asking?.abort();
    this.asking = new AbortController();
    const isFirst = !source.includes("cursor=");
    try {
      const { body, next } = await page(source, this.asking.signal);
      if (isFirst) this.tell(comparison, view, body);
      this.list(view, body, isFirst);
      this.more(next && (() => void this.load(comparison, view, next)));
      this.say("");
    } catch (error) {
      if (!(error instanceof Error) || error.name === "AbortError") return;
      this.asked = "";
      this.say(error.message);
    }
    this.dataset.drawn = "yes";
  }

  /**
   * @param {Comparison} comparison
   * @param {View} view
   * @param {Gains} body
   */
  tell(comparison, { own, other }, { total, won, lost, equal, difference, histogram: bins }) {
    const place = this.querySelector('[data-part="said"]');
    const names = [own, other].map((job) => make("bdi", {}, comparison.title(job)));
    const range = difference ? ` (95 %: ${gained(difference.low, SHARE)} to ${gained(difference.high, SHARE)})` : "";
    const mean = difference ? `; ${gained(difference.mean, SHARE)} points on average${range}` : "";
    const [mine, theirs] = names;
    if (!mine || !theirs) return;
    place?.replaceChildren(
      mine,
      ` is better than `,
      theirs,
      ` on ${won} of ${total} samples, worse on ${lost}, alike on ${equal}${mean}.`,
    );
    const marks = [gained(bins.edges[0] ?? 0, SHARE), "0 points", gained(bins.edges.at(-1) ?? 0, SHARE)];
    const scale = make("p", { class: "gain-scale", "aria-hidden": "true" }, ...marks.map((text) => make("span", {}, text)));
    this.querySelector('[data-part="histogram"]')?.replaceChildren(histogram(bins), scale);
  }

  /**
   * @param {View} view
   * @param {Gains} body
   * @param {boolean} isFirst
   */
  list({ own, other }, { samples }, isFirst) {
    const table = /** @type {HTMLTableElement} */ (this.querySelector("table"));
    const heads = ["Sample", `#${own.id}`, `#${other.id}`, "Gain"];
    table.tHead?.rows[0]?.replaceChildren(...heads.map((text, place) => make("th", { scope: "col", class: place ? "number" : undefined }, text)));
    const rows = samples.map(rowOf);
    if (isFirst) table.tBodies[0]?.replaceChildren(...rows);
    else table.tBodies[0]?.append(...rows);
    table.hidden = !table.tBodies[0]?.rows.length;
  }

  /** @param {(() => void) | "" | undefined} onMore */
  more(onMore) {
    const place = this.querySelector('[data-part="more"]');
    if (!onMore) return place?.replaceChildren();
    const button = make("button", { type: "button", class: "button is-small" }, "More samples");
    button.addEventListener("click", onMore);
    place?.replaceChildren(button);
  }

  /**
   * @param {Comparison} comparison
   * @param {View} view
   */
  equip(comparison, { own, other, sort }) {
    const jobs = comparison.data.jobs.filter((job) => job.has_samples);
    const key = JSON.stringify([jobs.map(({ id }) => id), own.id, other.id, sort]);
    if (key === this.equipped) return;
    this.equipped = key;
    const { address } = comparison;
    const options = jobs.map((job) => /** @type {[string, string]} */ ([String(job.id), comparison.title(job)]));
    const put = (/** @type {string} */ name) => (/** @type {string} */ value) => {
      const now = viewOf(comparison); // another choice may have been made while this was out of view
      address.put({ own: String(now?.own.id), other: String(now?.other.id), [name]: value });
    };
    const orders = /** @type {[string, string][]} */ ([["-gain", "largest gain first"], ["gain", "largest loss first"]]);
    const place = this.querySelector('[data-part="tools"]');
    const held = [...(place?.querySelectorAll("select") ?? [])].findIndex((select) => select === document.activeElement);
    place?.replaceChildren(
      choice({ label: "job", options, chosen: String(own.id), onChoose: put("own") }),
      choice({ label: "against", options, chosen: String(other.id), onChoose: put("other") }),
      choice({ label: "order", options: orders, chosen: sort, onChoose: (value) => address.put({ sort: value === "-gain" ? "" : value }) }),
    );
    if (held >= 0) place?.querySelectorAll("select")[held]?.focus();
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
 * @param {Comparison} comparison
 * @returns {View | undefined}
 */
function viewOf({ address, data: { jobs } }) {
  const known = jobs.filter((job) => job.has_samples);
  const named = (/** @type {string} */ key) => known.find(({ id }) => id === Number(address.one(key)));
  const other = named("other") ?? known.find((job) => job !== named("own"));
  const own = named("own") ?? known.find((job) => job !== other);
  if (!own || !other) return undefined;
  return { own, other, sort: address.one("sort") === "gain" ? "gain" : "-gain" };
}

/** @param {Gained} sample */
function rowOf({ sample_id, split, source, sentence, gain, own, other }) {
  const about = make("span", { class: "muted small" }, `${split} · `, make("bdi", { class: "mono" }, source || sample_id));
  const tone = gain > 0 ? "above" : gain < 0 ? "below" : "open";
  return make(
    "tr",
    {},
    make("td", { class: "is-sentence" }, make("bdi", {}, sentence || sample_id), about),
    ...[own, other].map(({ iou, inspect }) => make("td", { class: "number" }, make("a", { href: inspect, title: "Inspect this sample" }, (100 * iou).toFixed(1)))),
    make("td", { class: "number" }, make("span", { class: "judged", "data-judged": tone }, gained(gain, SHARE))),
  );
}

/**
 * This will read a page of samples, and where the next one is.
 * @param {string} source
 * @param {AbortSignal} signal
 * @returns {Promise<{body: Gains, next: string}>}
 */
async function page(source, signal) {
  /** @type {Headers | undefined} */
  let headers;
  const body = await ask(source, signal, (answer) => (headers = answer.headers));
  const link = headers?.get("Link")?.match(/<([^>]+)>;\s*rel="next"/)?.[1] ?? "";
  const next = link && new URL(link, location.href);
  return { body, next: next && next.pathname + next.search };
}

customElements.define("sample-gains", SampleGains);
