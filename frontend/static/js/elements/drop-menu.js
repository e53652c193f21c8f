/** Closes its menu on Escape and on a click elsewhere. */
class DropMenu extends HTMLElement {
  connectedCallback() {
    document.addEventListener("click", this.outside);
    this.addEventListener("keydown", this.escape);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.outside);
    this.removeEventListener("keydown", this.escape);
  }

  get details() {
    return this.querySelector("details");
  }

  /** @param {Event} event */
  outside = (event) => {
    if (this.details && !this.contains(/** @type {Node} */ (event.target))) this.details.open = false;
  };

  /** @param {KeyboardEvent} event */
  escape = (event) => {
    if (event.key !== "Escape" || !this.details?.open) return;
    this.details.open = false;
    this.querySelector("summary")?.focus();
  };
}

customElements.define("drop-menu", DropMenu);
