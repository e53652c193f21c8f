/** Shows the part of a form that its select has chosen, and tells sections elsewhere that depend on it. */
class PartChoice extends HTMLElement {
  connectedCallback() {
    this.select = /** @type {HTMLSelectElement | null} */ (this.querySelector("select[data-choice]"));
    this.select?.addEventListener("change", this.show);
    // Somebody may have chosen before this came, or the browser has put back what was chosen.
    if (this.select && !this.select.selectedOptions[0]?.defaultSelected) this.show();
  }

  disconnectedCallback() {
    this.select?.removeEventListener("change", this.show);
  }

  show = () => {
    const value = this.select?.value;
    for (const option of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(":scope > [data-option]"))) {
      option.hidden = option.dataset.option !== value;
    }
    for (const section of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-only-with]"))) {
      const [path, values] = (section.dataset.onlyWith ?? "").split("=");
      if (path === this.dataset.path) section.hidden = !values?.split(",").includes(value ?? "");
    }
  };
}

customElements.define("part-choice", PartChoice);
