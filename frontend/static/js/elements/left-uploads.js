import { remove } from "../tus.js";

/** @typedef {{id: string, name: string, size: number, received: number}} Upload */
/** @typedef {HTMLElement & {queue?: import("../uploads.js").Queue, door?: import("../tus.js").Door}} FileUpload */

/** What was uploaded on an earlier visit: use it or remove it. */
class LeftUploads extends HTMLElement {
  connectedCallback() {
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
