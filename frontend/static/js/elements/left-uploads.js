import { remove } from "../tus.js";

/** @typedef {{id: string, name: string, size: number, received: number}} Upload */
/** @typedef {HTMLElement & {queue?: import("../uploads.js").Queue, door?: import("../tus.js").Door}} FileUpload */

/** What was uploaded on an earlier visit: use it or remove it. */
class LeftUploads extends HTMLElement {
  connectedCallback() {
    /** @type {number | undefined} */
    this.shown = this.left.length;
    this.upload = /** @type {FileUpload} */ (this.closest("file-upload"));
    this.addEventListener("click", this.pressed);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.pressed);
  }

  /**
   * Those that no file in the list has become since.
   * @returns {Upload[]}
   */
  get left() {
    const taken = new Set(this.upload?.queue?.transfers.map((one) => one.id));
    /** @type {Upload[]} */
    const all = JSON.parse(document.getElementById("uploads-left")?.textContent ?? "[]");
    return all.filter(({ id }) => !taken.has(id));
  }

  /** What has gone on in the list is no longer left: to be called whenever the list may have changed. */
  refresh() {
    const { left } = this;
    const ids = new Set(left.map(({ id }) => id));
    if (ids.size === this.shown) return;
    this.shown = ids.size;
    if (!ids.size) this.hidden = true;
    for (const item of this.querySelectorAll("li")) item.hidden = !ids.has(item.dataset.id ?? "");
    const complete = left.filter(({ size, received }) => size === received).length;
    this.write("count", `${left.length} file${left.length === 1 ? "" : "s"}`);
    this.write("complete", complete ? `${complete} ${complete === 1 ? "is" : "are"} complete.` : "");
    if (complete === left.length) this.write("rest", "");
  }

  /**
   * @param {string} part
   * @param {string} text
   */
  write(part, text) {
    const place = this.querySelector(`[data-part="${part}"]`);
    if (place) place.textContent = text;
  }

  /** @param {MouseEvent} event */
  pressed = (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[data-left]");
    if (!(button instanceof HTMLElement)) return;
    const { left } = this;
    if (button.dataset.left === "use") {
      const uploads = left.filter(({ size, received }) => size === received);
      this.upload?.dispatchEvent(new CustomEvent("keep", { detail: { uploads } }));
    } else if (this.upload?.door) {
      for (const { id } of left) void remove(this.upload.door, id);
    }
    this.hidden = true;
  };
}

customElements.define("left-uploads", LeftUploads);
