const OFTEN = 1000;
const SELDOM = 5000;

/**
 * Keeps the page of a registration fresh while a worker has it, and leads to what came of it.
 *
 * While its state stays, only the parts marked `data-live` are written anew, so that focus and what was opened stay.
 */
class RegistrationWatch extends HTMLElement {
  connectedCallback() {
    this.failures = 0;
    this.next();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get fresh() {
    return /** @type {HTMLElement} */ (this.querySelector('[data-part="fresh"]'));
  }

  get head() {
    return /** @type {HTMLElement} */ (this.fresh.querySelector("[data-state]"));
  }

  next() {
    if (!this.head.dataset.moves) return;
    const wait = document.hidden ? SELDOM : OFTEN * 2 ** Math.min(this.failures ?? 0, 4);
    this.timer = setTimeout(this.ask, wait);
  }

  ask = async () => {
    const answer = await fetch(this.dataset.src ?? "", { credentials: "same-origin" }).catch(() => null);
    if (!this.isConnected) return;
    const lost = /** @type {HTMLElement} */ (this.querySelector('[data-part="lost"]'));
    // A login page, or nothing any more: the whole page says so better.
    if (answer && (answer.redirected || answer.status === 404)) return location.reload();
    lost.hidden = Boolean(answer?.ok);
    this.failures = answer?.ok ? 0 : (this.failures ?? 0) + 1;
    if (answer?.ok) this.write(await answer.text());
    this.next();
  };

  /**
   * The server's own escaped markup; a parsed document runs no scripts.
   * @param {string} markup
   */
  write(markup) {
    const parsed = new DOMParser().parseFromString(markup, "text/html").body;
    const head = /** @type {HTMLElement} */ (parsed.querySelector("[data-state]"));
    if (head.dataset.goto) {
      location.assign(head.dataset.goto);
      return;
    }
    if (head.dataset.state === this.head.dataset.state) return this.renew(parsed);
    const focused = this.fresh.contains(document.activeElement) ? document.activeElement?.id : null;
    this.fresh.replaceChildren(...parsed.childNodes);
    this.say(this.head.querySelector(".badge")?.textContent ?? "");
    if (focused !== null) this.focusAgain(focused);
  }

  /** @param {HTMLElement} parsed */
  renew(parsed) {
    for (const now of /** @type {NodeListOf<HTMLElement>} */ (parsed.querySelectorAll("[data-live]"))) {
      const before = this.fresh.querySelector(`[data-live="${now.dataset.live}"]`);
      if (!before) continue;
      if (before.textContent !== now.textContent) before.textContent = now.textContent;
      for (const name of before.getAttributeNames()) if (!now.hasAttribute(name)) before.removeAttribute(name);
      for (const name of now.getAttributeNames()) {
        const value = now.getAttribute(name) ?? "";
        if (before.getAttribute(name) !== value) before.setAttribute(name, value);
      }
    }
    this.say(parsed.querySelector('[data-live="bar"]')?.getAttribute("aria-label") ?? "");
  }

  /** @param {string} text */
  say(text) {
    const place = this.querySelector('[data-part="said"]');
    if (place && place.textContent !== text) place.textContent = text;
  }

  /** @param {string | undefined} id */
  focusAgain(id) {
    const same = id ? document.getElementById(id) : null;
    /** @type {HTMLElement | null} */ (same ?? this.fresh.querySelector("h1"))?.focus();
  }
}

customElements.define("registration-watch", RegistrationWatch);
