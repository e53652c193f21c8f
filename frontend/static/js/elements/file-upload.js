import { Pace } from "../pace.js";
import { chosen, dropped, tidy } from "../picked.js";
import { Remembered } from "../remembered.js";
import { lines, UploadRow } from "../upload-row.js";
import { spoken, sum, summary, together } from "../upload-words.js";
import { Kept, Queue, Transfer } from "../uploads.js";

/** @typedef {import("../picked.js").Picked} Picked */
/** @typedef {import("../upload-words.js").Sent} Sent */
/** @typedef {import("../upload-words.js").Summary} Summary */

const DRAW_EVERY = 200;
const SAY_EVERY = 8000;

/** Takes files, sends them, and gives the form around it the ids of what has arrived. */
class FileUpload extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.closest("form"));
    const token = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("csrfmiddlewaretoken")).value;
    this.door = { endpoint: this.dataset.endpoint ?? "", token };
    this.remembered = new Remembered(this.dataset.project ?? "");
    this.remembered.tidy();
    this.queue = new Queue();
    this.pace = new Pace();
    /** @type {UploadRow[]} */
    this.rows = [];
    this.isSubmitting = false;
    /** @type {{at: number, text: string}} */
    this.said = { at: 0, text: "" };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.drawing = undefined;
    for (const [target, kind, listener] of this.listeners) target.addEventListener(kind, /** @type {EventListener} */ (listener));
    this.keep(this.known("given"));
    this.draw();
  }

  disconnectedCallback() {
    for (const [target, kind, listener] of this.listeners) target.removeEventListener(kind, /** @type {EventListener} */ (listener));
    clearTimeout(this.drawing);
    this.queue?.stop();
  }

  /** @returns {[EventTarget, string, Function][]} */
  get listeners() {
    return [
      [this, "click", this.pressed],
      [this, "change", this.changed],
      [document, "dragover", this.over],
      [document, "dragleave", this.out],
      [document, "drop", this.drop],
      [this.form ?? this, "submit", this.submitted],
      [window, "beforeunload", this.leaving],
      [this, "keep", this.take],
    ];
  }

  /**
   * @param {string} part
   * @returns {HTMLElement}
   */
  piece(part) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part="${part}"]`));
  }

  /**
   * What the server knows of earlier uploads.
   * @param {string} which
   * @returns {{id: string, name: string, size: number}[]}
   */
  known(which) {
    return JSON.parse(document.getElementById(`uploads-${which}`)?.textContent ?? "[]");
  }

  /** @param {MouseEvent} event */
  pressed = (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[data-press]");
    if (!(button instanceof HTMLElement)) return;
    const what = button.dataset.press;
    if (what === "files" || what === "folder") this.piece(what).click();
    if (what === "pause") this.queue?.pause(this.queue.transfers);
    if (what === "resume") this.queue?.resume(this.queue.transfers);
    if (what === "stay") this.stay();
    this.draw();
  };

  /** @param {Event} event */
  changed = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.type !== "file") return;
    this.add(chosen(input));
    input.value = "";
  };

  /** @param {DragEvent} event */
  over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-over", true);
  };

  /** @param {DragEvent} event */
  out = (event) => {
    if (event.relatedTarget === null) this.toggleAttribute("data-over", false);
  };

  /** @param {DragEvent} event */
  drop = async (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-over", false);
    this.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
    this.add(await dropped(event.dataTransfer));
  };

  /** @param {CustomEvent} event */
  take = (event) => this.keep(event.detail.uploads);

  /** @param {{id: string, name: string, size: number}[]} uploads */
  keep(uploads) {
    if (!this.door) return;
    const { door } = this;
    const names = new Set(this.queue?.transfers.map((one) => one.name));
    this.show(uploads.filter(({ name }) => !names.has(name)).map((upload) => new Kept(upload, door)));
  }

  /** @param {Picked[]} picked */
  add(picked) {
    if (!this.door || !this.remembered || !this.queue) return;
    const shared = { door: this.door, remembered: this.remembered, changed: this.soon };
    const names = new Set(this.queue.transfers.map((one) => one.name));
    const refused = this.refused(picked);
    const wanted = tidy(picked, !names.size).filter((one) => !refused.includes(one));
    const doubled = wanted.filter(({ name }) => names.has(name));
    this.complain(refused, doubled);
    this.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
    this.show(wanted.filter((one) => !doubled.includes(one)).map((one) => new Transfer(one, shared)));
  }

  /** @param {Sent[]} transfers */
  show(transfers) {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    for (const { label, files } of lines(transfers)) {
      const row = new UploadRow(template, { label, transfers: files }, this.rowPressed);
      this.rows?.push(row);
      this.piece("list").append(row.item);
    }
    this.queue?.add(transfers);
    this.draw();
  }

  /**
   * @param {string} what
   * @param {Sent[]} transfers
   */
  rowPressed = (what, transfers) => {
    if (what === "pause") this.queue?.pause(transfers);
    if (what === "resume") this.queue?.resume(transfers);
    if (what === "drop") {
      this.queue?.drop(transfers);
      this.rows?.find((row) => row.transfers === transfers)?.item.remove();
      this.rows = this.rows?.filter((row) => row.transfers !== transfers);
      this.piece("drop").querySelector("button")?.focus();
    }
    this.draw();
  };

  /**
   * Those that the server would only refuse after all of their bytes were sent.
   * @param {Picked[]} picked
   */
  refused(picked) {
    const endings = (this.dataset.refused ?? "").split(" ").filter(Boolean);
    return picked.filter(({ name }) => endings.some((ending) => name.toLowerCase().endsWith(ending)));
  }

  /**
   * @param {Picked[]} refused
   * @param {Picked[]} doubled
   */
  complain(refused, doubled) {
    const place = this.piece("complaint");
    const sentences = [];
    if (refused[0]) sentences.push(`${refused[0].file.name} was not taken: ${this.dataset.refusal}`);
    if (doubled[0]) sentences.push(`${doubled[0].name} is in the list already: remove it there to replace it.`);
    place.textContent = sentences.join(" ");
    place.hidden = !sentences.length;
  }

  soon = () => {
    this.drawing ??= setTimeout(this.draw, DRAW_EVERY);
  };

  draw = () => {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    if (!this.queue || !this.pace) return;
    const { transfers } = this.queue;
    for (const row of this.rows ?? []) row.draw();
    const [sent, total, way] = [sum(transfers, "sent"), sum(transfers, "size"), together(transfers)];
    if (transfers.some((one) => one.isActive)) this.pace.note(sent);
    else this.pace = new Pace();
    this.drawTotal({ sent, total, way });
    this.fillIn();
    /** @type {HTMLElement & {refresh?: () => void} | null} */ (this.querySelector("left-uploads"))?.refresh?.();
    this.toggleAttribute("data-any", transfers.length > 0);
    this.proceed(way);
  };

  /** Gives the form what has arrived. */
  fillIn() {
    const ids = this.queue?.transfers.filter((one) => one.way === "done").map((one) => one.id) ?? [];
    /** @type {HTMLInputElement} */ (this.piece("ids")).value = ids.join(" ");
  }

  /** @param {Summary} now */
  drawTotal(now) {
    const transfers = this.queue?.transfers ?? [];
    const [done, shown] = [now.way === "done", this.piece("total")];
    shown.hidden = !transfers.length;
    shown.dataset.way = now.way;
    /** @type {HTMLProgressElement} */ (this.piece("bar")).value = now.total ? now.sent / now.total : Number(done);
    this.piece("summary").textContent = summary(transfers, now, this.pace?.speed ?? 0);
    this.piece("pause").hidden = !transfers.some((one) => one.isActive || one.way === "waiting");
    this.piece("resume").hidden = !this.piece("pause").hidden || done;
    if (transfers.length) this.say(spoken(transfers, now));
  }

  /**
   * Tells those who listen, not too often.
   * @param {string} text
   */
  say(text) {
    const said = this.said;
    const isNumber = text.includes("%") && said?.text.includes("%");
    if (!said || text === said.text || (isNumber && Date.now() - said.at < SAY_EVERY)) return;
    this.said = { at: Date.now(), text };
    this.piece("said").textContent = text;
  }

  /** Whether the form is about uploads, and not about a path. */
  get isUsed() {
    return this.offsetParent !== null;
  }

  /** @param {SubmitEvent} event */
  submitted = (event) => {
    const transfers = this.queue?.transfers ?? [];
    if (!this.isUsed || !transfers.length) return;
    if (together(transfers) === "done") {
      this.isSubmitting = true;
      this.fillIn();
      this.queue?.handOver();
      return;
    }
    event.preventDefault();
    this.queue?.resume(transfers);
    this.toggleAttribute("data-waits", this.form?.reportValidity());
    this.draw();
  };

  /**
   * Sends the form that waited for its files.
   * @param {import("../uploads.js").Way} way
   */
  proceed(way) {
    const waits = this.hasAttribute("data-waits");
    if (waits && (way === "failed" || way === "paused")) this.stay();
    this.piece("waits").hidden = !this.hasAttribute("data-waits");
    if (!waits || way !== "done") return;
    this.stay();
    this.form?.requestSubmit();
  }

  stay() {
    this.removeAttribute("data-waits");
    this.piece("waits").hidden = true;
  }

  /** @param {BeforeUnloadEvent} event */
  leaving = (event) => {
    if (!this.isSubmitting && this.queue?.transfers.some((one) => one.isActive)) event.preventDefault();
  };
}

customElements.define("file-upload", FileUpload);
