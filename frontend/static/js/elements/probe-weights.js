/** @typedef {import("../types.js").EngineEvent} EngineEvent */

const MOST = 400; // evaluations kept to scroll back through
const DARK = 0.6;

/** Weights of the probe samples, one row each, at the newest evaluation or one chosen by the slider. */
class ProbeWeights extends HTMLElement {
  connectedCallback() {
    /** @type {EngineEvent[]} */
    this.seen = [];
    /** @type {string[]} */
    this.labels = [];
    this.follow = true;
    this.table = /** @type {HTMLTableElement} */ (this.querySelector("table"));
    this.slider = /** @type {HTMLInputElement} */ (this.querySelector("input"));
    this.feed = this.closest("job-feed");
    this.feed?.addEventListener("events", this.news);
    this.slider.addEventListener("input", this.chosen);
  }

  disconnectedCallback() {
    this.feed?.removeEventListener("events", this.news);
    this.slider?.removeEventListener("input", this.chosen);
  }

  /** @param {Event} event */
  news = (event) => {
    const newest = this.seen?.at(-1)?.seq ?? 0;
    let changed = false;
    for (const item of /** @type {EngineEvent[]} */ (/** @type {CustomEvent} */ (event).detail.events)) {
      if (item.kind === "probeset") this.labels = item.labels;
      if (item.kind !== "weights" || item.masked || item.seq <= newest) continue;
      // A resumed attempt repeats the evaluations after its checkpoint.
      this.seen = this.seen?.filter((known) => (known.step ?? 0) < (item.step ?? 0)).slice(-MOST) ?? [];
      this.seen.push(item);
      changed = true;
    }
    if (changed) this.show();
  };

  chosen = () => {
    this.follow = this.slider?.value === this.slider?.max;
    this.show();
  };

  show() {
    const { seen, slider } = this;
    if (!seen?.length || !slider) return;
    slider.max = String(seen.length - 1);
    slider.disabled = seen.length < 2;
    if (this.follow) slider.value = slider.max;
    const weights = seen[Number(slider.value)];
    if (!weights) return;
    this.say("step", `Evaluation ${Number(slider.value) + 1} of ${seen.length} · step ${weights.step}`);
    const entropy = weights.entropy;
    this.say("entropy", typeof entropy === "number" ? `evenness ${entropy.toFixed(2)} (1 is uniform)` : "");
    slider.setAttribute("aria-valuetext", `step ${weights.step}`);
    this.fill(weights.teachers, weights.probe);
  }

  /**
   * @param {string[]} teachers
   * @param {(number | string)[][]} rows
   */
  fill(teachers, rows) {
    const table = this.table;
    if (!table) return;
    table.hidden = false;
    const wait = this.querySelector('[data-part="wait"]');
    if (wait instanceof HTMLElement) wait.hidden = true;
    const head = /** @type {HTMLTableRowElement} */ (table.tHead?.rows[0]);
    if (head.cells.length !== teachers.length + 1) {
      head.replaceChildren(...["", ...teachers].map((name) => headCell(name, "col")));
    }
    const body = /** @type {HTMLTableSectionElement} */ (table.tBodies[0]);
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((row, index) => {
      const line = body.rows[index] ?? body.insertRow();
      if (!line.cells.length) line.append(headCell("", "row"));
      const label = /** @type {HTMLElement} */ (line.cells[0]);
      label.textContent = this.labels?.[index] ?? `sample ${index + 1}`;
      row.forEach((value, teacher) => paint(line.cells[teacher + 1] ?? line.insertCell(), value, teachers.length));
    });
  }

  /**
   * @param {string} part
   * @param {string} text
   */
  say(part, text) {
    const place = this.querySelector(`[data-part="${part}"]`);
    if (place) place.textContent = text;
  }
}

/**
 * @param {string} text
 * @param {string} scope
 */
function headCell(text, scope) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.textContent = text;
  return cell;
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {number | string} value
 * @param {number} teachers
 */
function paint(cell, value, teachers) {
  const depth = typeof value === "number" ? Math.min(1, value / Math.min(1, 2 / teachers)) : 0;
  cell.textContent = typeof value === "number" ? value.toFixed(2) : value;
  cell.style.setProperty("--w", depth.toFixed(3));
  cell.classList.toggle("is-high", depth > DARK);
}

customElements.define("probe-weights", ProbeWeights);
