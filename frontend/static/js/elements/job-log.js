import { Link } from "../link.js";

/** @typedef {import("../types.js").LogLine} LogLine */
/** @typedef {import("../types.js").LogFrame} LogFrame */

const MOST = 5000; // lines that the page holds
const FOUND = 1000;
const PAUSE = 250; // ms without another key before the server is asked
const NEAR = 24; // px from the end that still count as the end

/** What the engines of a job print, live; of one attempt; or only the lines that contain something. */
class JobLog extends HTMLElement {
  connectedCallback() {
    this.cursor = 0;
    /** @type {LogLine[]} */
    this.lines = [];
    /** @type {number | undefined} that of the line written last */
    this.shownAttempt = undefined;
    this.box = this.place("lines");
    this.search = /** @type {HTMLInputElement} */ (this.querySelector("input"));
    this.choice = /** @type {HTMLSelectElement} */ (this.querySelector("select"));
    this.button = this.place("follow");
    this.link = new Link({
      path: `/live/jobs/${this.dataset.job}/log/`,
      question: () => ({ after: this.cursor }),
      onAnswer: this.take,
      onLink: () => {},
    });
    this.search.addEventListener("input", this.typed);
    this.choice.addEventListener("change", this.chosen);
    this.button.addEventListener("click", this.pressed);
    this.box.addEventListener("scroll", this.scrolled);
    this.link.start();
  }

  disconnectedCallback() {
    this.link?.close();
    clearTimeout(this.timer);
    this.asking?.abort();
    this.search?.removeEventListener("input", this.typed);
    this.choice?.removeEventListener("change", this.chosen);
    this.button?.removeEventListener("click", this.pressed);
    this.box?.removeEventListener("scroll", this.scrolled);
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  place(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part="${name}"]`));
  }

  get follows() {
    return this.button?.ariaPressed === "true";
  }

  /** The attempt that is shown; 0 for all. */
  get attempt() {
    return Number(this.choice?.value ?? 0);
  }

  /** @param {LogFrame} frame */
  take = (frame) => {
    if (!frame.lines) return; // the database is away: the page says so above
    this.cursor = frame.after;
    this.lines = [...(this.lines ?? []), ...frame.lines].slice(-MOST);
    for (const number of new Set(frame.lines.map((line) => line.attempt))) this.offer(number);
    if (this.isTail) this.write(this.ofChoice(frame.lines));
  };

  /** Whether the newest lines are shown, and not some that were looked up. */
  get isTail() {
    const newest = this.lines?.at(-1)?.attempt ?? 0;
    return !this.search?.value.trim() && (!this.attempt || this.attempt >= newest);
  }

  /** @param {LogLine[]} lines */
  ofChoice(lines) {
    return this.attempt ? lines.filter((line) => line.attempt === this.attempt) : lines;
  }

  /** @param {number} number */
  offer(number) {
    if (!this.choice || [...this.choice.options].some((option) => Number(option.value) === number)) return;
    this.choice.add(new Option(`attempt ${number}`, String(number)));
  }

  /**
   * @param {LogLine[]} lines
   * @param {string} [found] what to mark
   */
  write(lines, found = "") {
    const { box } = this;
    if (!box) return;
    if (lines.length) box.querySelector(".log-empty")?.remove();
    const rows = lines.flatMap((line) => this.rows(line, found));
    box.append(...rows);
    while (box.childElementCount > MOST) box.firstElementChild?.remove();
    if (this.follows && !found) box.scrollTop = box.scrollHeight;
  }

  /**
   * @param {LogLine} line
   * @param {string} found
   */
  rows({ attempt, text }, found) {
    const rows = [];
    if (attempt !== this.shownAttempt && !this.attempt) {
      const head = row(`Attempt ${attempt}`);
      head.className = "log-attempt";
      rows.push(head);
    }
    this.shownAttempt = attempt;
    const shown = row(text);
    if (found) mark(shown, found);
    rows.push(shown);
    return rows;
  }

  /** This will write anew what is asked for: the newest lines, or those that the server finds. */
  async show() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const search = this.search?.value.trim() ?? "";
    this.shownAttempt = undefined;
    this.tellFound("");
    if (this.isTail) {
      this.box?.replaceChildren();
      return this.write(this.ofChoice(this.lines ?? []));
    }
    this.asking = new AbortController();
    const query = new URLSearchParams({ limit: String(FOUND) });
    if (this.attempt) query.set("attempt", String(this.attempt));
    if (search) query.set("search", search);
    else query.set("tail", String(FOUND));
    const page = await fetch(`/api/v1/jobs/${this.dataset.job}/log/?${query}`, { signal: this.asking.signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch((error) => (error.name === "AbortError" ? undefined : null));
    if (page === undefined || !this.isConnected) return; // another question has followed
    if (page === null) return this.tellFound("The server did not answer; type again to repeat the search.");
    this.box?.replaceChildren();
    this.write(page.lines, search);
    if (search) this.tellFound(summary(page, search));
    if (search && this.box) this.box.scrollTop = 0;
  }

  /** @param {string} text */
  tellFound(text) {
    const place = this.place("found");
    place.hidden = !text;
    place.textContent = text;
  }

  typed = () => {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.show(), PAUSE);
  };

  chosen = () => void this.show();

  pressed = () => {
    this.follow(!this.follows);
    if (this.follows && this.box) this.box.scrollTop = this.box.scrollHeight;
  };

  // Who scrolls back wants to read, not to be carried away by the next line.
  scrolled = () => {
    const { box } = this;
    if (box && this.isTail) this.follow(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR);
  };

  /** @param {boolean} on */
  follow(on) {
    if (this.button) this.button.ariaPressed = String(on);
  }
}

/** @param {string} text */
function row(text) {
  const line = document.createElement("span");
  line.textContent = text;
  return line;
}

/**
 * @param {HTMLElement} line
 * @param {string} found
 */
function mark(line, found) {
  const text = line.textContent ?? "";
  const at = text.toLowerCase().indexOf(found.toLowerCase());
  if (at < 0) return;
  const hit = document.createElement("mark");
  hit.textContent = text.slice(at, at + found.length);
  line.replaceChildren(text.slice(0, at), hit, text.slice(at + found.length));
}

/**
 * @param {{lines: LogLine[], more: boolean}} page
 * @param {string} search
 */
function summary({ lines, more }, search) {
  if (!lines.length) return `No line contains “${search}”.`;
  if (more) return `The first ${lines.length} lines that contain “${search}”.`;
  return lines.length === 1 ? `One line contains “${search}”.` : `${lines.length} lines contain “${search}”.`;
}

customElements.define("job-log", JobLog);
