import { renew } from "../renew.js";

const LONGEST = 30_000;

/**
 * A part of the page that the server renders anew, on the events of its job's feed that `data-on` names and as
 * often as what it holds asks for: `data-again="3"` means three seconds later. It says so by the event `away` when the
 * database is away, and `back` when an answer came.
 */
class FreshPart extends HTMLElement {
  connectedCallback() {
    this.failures = 0;
    this.asking = false;
    this.feed = this.closest("job-feed");
    for (const name of this.occasions) this.feed?.addEventListener(name, this.refresh);
    document.addEventListener("visibilitychange", this.shown);
    this.next();
  }

  disconnectedCallback() {
    for (const name of this.occasions) this.feed?.removeEventListener(name, this.refresh);
    document.removeEventListener("visibilitychange", this.shown);
    clearTimeout(this.timer);
  }

  get occasions() {
    return (this.dataset.on ?? "").split(" ").filter(Boolean);
  }

  /**
   * Apart from what is renewed there may be a note that is shown while it cannot be.
   * @returns {Element}
   */
  get fresh() {
    return this.querySelector('[data-part="fresh"]') ?? this;
  }

  shown = () => {
    if (!document.hidden && (this.missed || this.querySelector("[data-again]"))) void this.refresh();
  };

  next() {
    clearTimeout(this.timer);
    const again = /** @type {HTMLElement | null} */ (this.querySelector("[data-again]"))?.dataset.again;
    if (!this.isConnected || (again === undefined && !this.failures)) return;
    const wait = Math.min(LONGEST, 1000 * Number(again ?? 2) * 2 ** Math.min(this.failures ?? 0, 4));
    this.timer = setTimeout(this.refresh, wait);
  }

  refresh = async () => {
    clearTimeout(this.timer);
    if (document.hidden || this.asking) {
      this.missed = true;
      return this.next();
    }
    this.asking = true;
    this.missed = false;
    const answer = await fetch(this.dataset.src ?? "", { credentials: "same-origin" }).catch(() => null);
    const markup = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
    this.asking = false;
    if (!this.isConnected) return;
    // A login page, or nothing any more: the whole page says so better.
    if (answer && (answer.redirected || answer.status === 404)) return location.reload();
    this.failures = markup === null ? (this.failures ?? 0) + 1 : 0;
    this.lost(answer);
    // The server's own escaped markup; a parsed document runs no scripts.
    if (markup !== null) renew(this.fresh, new DOMParser().parseFromString(markup, "text/html").body);
    if (this.missed) void this.refresh();
    else this.next();
  };

  /** @param {Response | null} answer */
  lost(answer) {
    if (answer) this.dispatchEvent(new CustomEvent(answer.status === 503 ? "away" : "back", { bubbles: true }));
    const note = /** @type {HTMLElement | null} */ (this.querySelector('[data-part="lost"]'));
    if (!note) return;
    note.hidden = Boolean(answer?.ok);
    if (answer?.ok) return;
    note.textContent =
      answer?.status === 503
        ? "The database is away. What stands here is from before; this page mends itself."
        : "No connection to the server. What stands here is from before; this page tries again.";
  }
}

customElements.define("fresh-part", FreshPart);
