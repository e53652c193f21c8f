import { drew, rest } from "../drawing-time.js";
import { THEME_CHANGED } from "../palette.js";
import { Plotly } from "../plotly.js";

/** @typedef {import("../series.js").SeriesStore} SeriesStore */
/** @typedef {import("../types.js").ChartPlan} ChartPlan */
/** @typedef {{traces: object[], layout: object}} Figure */

const SHORTEST = 100; // ms between two drawings: ten a second at most

/**
 * A chart that follows the feed of its job. It draws when it is in view and has something new, and says
 * so by the event `drawn` with the number of the newest point ("seq") and the time ("at").
 */
export class DrawnElement extends HTMLElement {
  dirty = false;
  asked = true;
  inView = false;
  drawing = false;
  notBefore = 0;

  connectedCallback() {
    const plan = document.getElementById(this.dataset.layout ?? "")?.textContent;
    /** @type {ChartPlan} */
    this.plan = JSON.parse(plan ?? "{}");
    this.box = /** @type {HTMLElement} */ (this.querySelector(".plot"));
    this.legend = /** @type {HTMLElement} */ (this.querySelector('[data-part="legend"]'));
    this.wait = /** @type {HTMLElement} */ (this.querySelector('[data-part="wait"]'));
    /** @type {SeriesStore | undefined} */
    this.store = undefined;
    this.feed = this.closest("job-feed");
    this.feed?.addEventListener("points", this.news);
    this.feed?.addEventListener("ended", this.ended);
    document.addEventListener(THEME_CHANGED, this.repaint);
    this.observer = new IntersectionObserver(this.seen, { rootMargin: "200px" });
    this.observer.observe(this);
  }

  disconnectedCallback() {
    this.feed?.removeEventListener("points", this.news);
    this.feed?.removeEventListener("ended", this.ended);
    document.removeEventListener(THEME_CHANGED, this.repaint);
    this.observer?.disconnect();
    clearTimeout(this.timer);
    if (this.box) Plotly.purge(this.box);
  }

  /**
   * What to draw; nothing while there is no data. Subclasses say.
   * @param {SeriesStore} _store
   * @returns {Figure | undefined}
   */
  figure(_store) {
    return undefined;
  }

  /** A chance to listen to the chart itself once it exists. */
  drawn() {}

  /** What a person asks for, as the first drawing, waits for no news of other charts. */
  repaint = () => {
    this.dirty = this.store !== undefined;
    this.asked = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.schedule();
  };

  /** @param {Event} event */
  news = (event) => {
    /** @type {{store: SeriesStore, changed: Set<string>}} */
    const { store, changed } = /** @type {CustomEvent} */ (event).detail;
    this.store = store;
    const prefixes = this.plan?.prefixes ?? [];
    const any = store.matching(this.plan ?? {}).length > 0;
    if (any) this.closest("[data-once-drawn]")?.removeAttribute("hidden");
    if (this.wait) {
      this.wait.hidden = any;
      this.wait.textContent = this.wait.dataset.none ?? this.wait.textContent;
    }
    if ([...changed].some((name) => prefixes.some((prefix) => name.startsWith(prefix)))) {
      this.dirty = true;
      this.schedule();
    }
  };

  ended = () => {
    if (this.wait) this.wait.textContent = "Nothing was recorded.";
  };

  /** @param {IntersectionObserverEntry[]} entries */
  seen = (entries) => {
    this.inView = entries.at(-1)?.isIntersecting ?? false;
    this.schedule();
  };

  schedule() {
    if (!this.dirty || !this.inView || this.drawing || this.timer !== undefined) return;
    const others = this.asked ? 0 : rest();
    this.timer = setTimeout(this.draw, Math.max(others, this.notBefore - performance.now()));
  }

  draw = async () => {
    this.timer = undefined;
    if (!this.asked && rest() > 0) return this.schedule(); // another chart was first
    const figure = this.store && this.figure(this.store);
    this.dirty = false;
    if (!figure || !this.box || !this.store || !this.isConnected) return;
    const seq = this.store.seq;
    const began = performance.now();
    const { asked } = this;
    this.asked = false;
    this.drawing = true;
    await Plotly.react(this.box, figure.traces, figure.layout, this.plan?.config ?? {});
    this.drawing = false;
    this.drawn();
    this.notBefore = performance.now() + SHORTEST;
    if (!asked) drew(performance.now() - began);
    requestAnimationFrame(() => {
      this.dataset.drawnSeq = String(seq);
      this.dispatchEvent(new CustomEvent("drawn", { bubbles: true, detail: { seq, at: Date.now() } }));
    });
    this.schedule();
  };
}
