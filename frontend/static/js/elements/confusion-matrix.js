/** Squares of true and named classes; the one below the pointer, or with the focus, is told in words beside its names. */
class ConfusionMatrix extends HTMLElement {
  connectedCallback() {
    this.told = this.querySelector("output[data-part='told']");
    this.addEventListener("pointerover", this.entered);
    this.addEventListener("pointerleave", this.left);
    this.addEventListener("focusin", this.entered);
    this.addEventListener("focusout", this.left);
  }

  disconnectedCallback() {
    this.removeEventListener("pointerover", this.entered);
    this.removeEventListener("pointerleave", this.left);
    this.removeEventListener("focusin", this.entered);
    this.removeEventListener("focusout", this.left);
  }

  /** @param {Event} event */
  entered = (event) => {
    const cell = /** @type {Element} */ (event.target).closest("a[data-true]");
    if (!cell) return;
    this.name(cell.getAttribute("data-true"), cell.getAttribute("data-said"));
    if (this.told) this.told.textContent = cell.getAttribute("aria-label");
  };

  left = () => {
    this.name(null, null);
    if (this.told) this.told.textContent = "";
  };

  /**
   * @param {string | null} row
   * @param {string | null} column
   */
  name(row, column) {
    for (const label of this.querySelectorAll("text[data-class]")) {
      const name = label.getAttribute("data-class");
      label.classList.toggle("is-told", name === (label.classList.contains("row-label") ? row : column));
    }
  }
}

customElements.define("confusion-matrix", ConfusionMatrix);
