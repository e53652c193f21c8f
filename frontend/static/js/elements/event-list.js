import { sentence } from "../words.js";

/** @typedef {import("../types.js").EngineEvent} EngineEvent */

const MOST = 400;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** What the engine said, newest first; can be narrowed to warnings. */
class EventList extends HTMLElement {
  connectedCallback() {
    this.newest = 0;
    this.warnings = 0;
    this.list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    this.feed = this.closest("job-feed");
    this.feed?.addEventListener("events", this.news);
    this.addEventListener("click", this.pressed);
  }

  disconnectedCallback() {
    this.feed?.removeEventListener("events", this.news);
    this.removeEventListener("click", this.pressed);
  }

  /** @param {Event} event */
  news = (event) => {
    for (const item of /** @type {EngineEvent[]} */ (/** @type {CustomEvent} */ (event).detail.events)) {
      const words = sentence(item);
      if (item.seq <= (this.newest ?? 0) || !words) continue;
      this.newest = item.seq;
      this.add(item, words);
    }
  };

  /**
   * @param {EngineEvent} item
   * @param {string} words
   */
  add(item, words) {
    const line = document.createElement("li");
    line.dataset.kind = item.kind;
    if (item.masked) {
      line.dataset.masked = "yes";
      line.title = "A later attempt has repeated this.";
    }
    line.hidden = this.only === "warned" && item.kind !== "warned";
    const time = document.createElement("time");
    time.dateTime = item.at;
    time.textContent = clock.format(new Date(item.at));
    const said = document.createElement("span");
    said.className = "said";
    said.textContent = words;
    line.append(time, said);
    this.list?.querySelector('[data-part="wait"]')?.remove();
    this.list?.prepend(line);
    while ((this.list?.children.length ?? 0) > MOST) this.list?.lastElementChild?.remove();
    if (item.kind === "warned") this.count();
  }

  count() {
    this.warnings = (this.warnings ?? 0) + 1;
    const place = this.querySelector('[data-part="warnings"]');
    if (place) place.textContent = String(this.warnings);
  }

  /** @param {Event} event */
  pressed = (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-show]");
    if (!(button instanceof HTMLElement)) return;
    this.only = button.dataset.show;
    for (const other of this.querySelectorAll("[data-show]")) other.ariaPressed = String(other === button);
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("li[data-kind]"))) {
      line.hidden = this.only === "warned" && line.dataset.kind !== "warned";
    }
  };
}

customElements.define("event-list", EventList);
