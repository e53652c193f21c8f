import { Address } from "../compare/address.js";
import { Comparison } from "../compare/comparison.js";
import { ask } from "../compare/lines.js";
import { readShown } from "../compare/view.js";

const FIRST_PAUSE = 2000; // ms until jobs that run, or intervals that are being made, are asked for again
const LONGEST_PAUSE = 30_000;
const ASKED = ["reference", "metric"];

/**
 * The whole of the compare page: reads what the server says of the jobs of `data-src`, keeps the state in the address,
 * and tells its parts by the events `compared` (new data) and `moved` (another state, with the keys that changed).
 */
class ComparePage extends HTMLElement {
  back = () => this.address?.reread();

  connectedCallback() {
    this.address = new Address((changed) => this.moved(changed));
    this.pause = FIRST_PAUSE;
    addEventListener("popstate", this.back);
    void this.load();
  }

  disconnectedCallback() {
    removeEventListener("popstate", this.back);
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  async load() {
    const { address } = this;
    if (!address) return;
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const data = await ask(this.source(address), this.asking.signal);
      this.comparison = new Comparison(data, address, this.dataset.px ?? "");
      // Begun here, so that curves are on their way while the bundle of charts is still being read.
      if (data.metrics.length) readShown(this.comparison).catch(() => {}); // the chart says what is wrong
      this.say("");
    } catch (error) {
      if (!(error instanceof Error) || error.name === "AbortError") return;
      this.say(error.message);
      return this.again();
    }
    this.tell("compared", { comparison: this.comparison });
    if (!this.comparison.data.is_settled) this.again();
  }

  again() {
    this.pause = Math.min(LONGEST_PAUSE, 1.5 * (this.pause ?? FIRST_PAUSE));
    this.timer = setTimeout(() => (document.hidden ? this.again() : void this.load()), this.pause);
  }

  /** @param {Address} address */
  source(address) {
    // The first request is one the page has begun before its scripts ran: it must be spelled the same.
    const added = ASKED.filter((key) => address.one(key)).map((key) => `&${key}=${encodeURIComponent(address.one(key))}`);
    const known = this.comparison?.data.cells.rows.some((row) => row.is_comparing);
    return (this.dataset.src ?? "").replace(/&quick=1$/, known ? "" : "$&") + added.join("");
  }

  /** @param {Set<string>} changed */
  moved(changed) {
    if (changed.has("jobs")) return location.reload();
    this.tell("moved", { changed });
    if (ASKED.some((key) => changed.has(key))) void this.load();
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** @param {string} sentence */
  say(sentence) {
    const note = /** @type {HTMLElement | null} */ (this.querySelector('[data-part="lost"]'));
    if (!note) return;
    note.hidden = !sentence;
    note.textContent = sentence;
  }
}

customElements.define("compare-page", ComparePage);
