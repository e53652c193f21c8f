/** Rows with a box each, one box for all of them, and how many are ticked; a range is ticked with Shift. */
class TickRows extends HTMLElement {
  connectedCallback() {
    this.all = /** @type {HTMLInputElement | null} */ (this.querySelector("input[data-part='all']"));
    this.boxes = /** @type {HTMLInputElement[]} */ ([...this.querySelectorAll("input[name='row']")]);
    this.count = this.querySelector("[data-part='count']");
    if (this.all) this.all.hidden = false;
    this.addEventListener("change", this.changed);
    this.addEventListener("click", this.clicked);
    this.tell();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.changed);
    this.removeEventListener("click", this.clicked);
  }

  /** @param {Event} event */
  changed = (event) => {
    if (event.target === this.all) for (const box of this.boxes ?? []) box.checked = this.all?.checked ?? false;
    this.tell();
  };

  /** @param {Event} event */
  clicked = (event) => {
    /** @type {HTMLInputElement[]} */
    const boxes = this.boxes ?? [];
    const place = boxes.indexOf(/** @type {HTMLInputElement} */ (event.target));
    if (place < 0) return;
    if (/** @type {MouseEvent} */ (event).shiftKey && this.last !== undefined) {
      const [from, to] = [Math.min(place, this.last), Math.max(place, this.last)];
      for (const box of boxes.slice(from, to + 1)) box.checked = boxes[place]?.checked ?? false;
    }
    this.last = place;
  };

  tell() {
    /** @type {HTMLInputElement[]} */
    const boxes = this.boxes ?? [];
    const ticked = boxes.filter((box) => box.checked).length;
    if (this.count) this.count.textContent = ` (${ticked})`;
    if (this.all) {
      this.all.checked = ticked > 0 && ticked === boxes.length;
      this.all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  }
}

customElements.define("tick-rows", TickRows);
