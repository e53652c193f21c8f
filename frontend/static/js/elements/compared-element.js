import { THEME_CHANGED } from "../palette.js";

/** @typedef {import("../compare/comparison.js").Comparison} Comparison */
/** @typedef {HTMLElement & {comparison?: Comparison}} Page */

/**
 * A part of the compare page. It is drawn when it is in view and there is something new: other data, another theme,
 * or another state under one of the keys of the address that it follows.
 */
export class ComparedElement extends HTMLElement {
  dirty = false;
  inView = false;
  /** @type {string[]} */
  follows = [];

  connectedCallback() {
    this.page = /** @type {Page | null} */ (this.closest("compare-page"));
    this.page?.addEventListener("compared", this.compared);
    this.page?.addEventListener("moved", this.moved);
    document.addEventListener(THEME_CHANGED, this.repaint);
    this.observer = new IntersectionObserver(this.seen, { rootMargin: "250px" });
    this.observer.observe(this);
    if (this.page?.comparison) this.compared();
  }

  disconnectedCallback() {
    this.page?.removeEventListener("compared", this.compared);
    this.page?.removeEventListener("moved", this.moved);
    document.removeEventListener(THEME_CHANGED, this.repaint);
    this.observer?.disconnect();
  }

  /**
   * Whether there is anything to show; the section around it is hidden otherwise. Subclasses say.
   * @param {Comparison} _comparison
   */
  hasData(_comparison) {
    return true;
  }

  /**
   * This will draw. Subclasses say how.
   * @param {Comparison} _comparison
   */
  show(_comparison) {}

  compared = () => {
    const comparison = this.page?.comparison;
    const section = this.closest("section");
    if (comparison && section) section.hidden = !this.hasData(comparison);
    this.repaint();
  };

  /** @param {Event} event */
  moved = (event) => {
    /** @type {{changed: Set<string>}} */
    const { changed } = /** @type {CustomEvent} */ (event).detail;
    if (this.follows.some((key) => changed.has(key))) this.repaint();
  };

  repaint = () => {
    this.dirty = true;
    this.draw();
  };

  /** @param {IntersectionObserverEntry[]} entries */
  seen = (entries) => {
    this.inView = entries.at(-1)?.isIntersecting ?? false;
    this.draw();
  };

  draw() {
    const comparison = this.page?.comparison;
    if (!this.dirty || !this.inView || !comparison || !this.isConnected) return;
    this.dirty = false;
    this.show(comparison);
  }
}
