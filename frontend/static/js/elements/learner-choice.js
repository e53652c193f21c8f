/** Offers only those of its select's models whose box is ticked below: one of the participants learns. */
class LearnerChoice extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    this.form = this.closest("form");
    this.form?.addEventListener("change", this.show);
    this.show();
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this.show);
  }

  show = () => {
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (
      this.form?.querySelectorAll('input[name="teachers"]:checked') ?? []
    );
    const chosen = new Set([...boxes].map((box) => box.value));
    for (const option of this.select?.options ?? []) {
      const isOffered = !option.value || chosen.has(option.value);
      option.hidden = option.disabled = !isOffered;
      if (!isOffered && option.selected && this.select) this.select.value = "";
    }
  };
}

customElements.define("learner-choice", LearnerChoice);
