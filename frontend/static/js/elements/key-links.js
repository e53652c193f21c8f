const TYPED = "input:not([type=radio], [type=checkbox]), textarea, select";

/** Follows the link in it whose `data-key` is pressed, unless something is being typed. */
class KeyLinks extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", this.key);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.key);
  }

  /** @param {KeyboardEvent} event */
  key = (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(TYPED)) return;
    const link = [...this.querySelectorAll("a[data-key]")].find(
      (known) => known instanceof HTMLElement && known.dataset.key === event.key.toLowerCase(),
    );
    if (link instanceof HTMLAnchorElement) link.click();
  };
}

customElements.define("key-links", KeyLinks);
