/** @typedef {{ subjects: string[], width: number | null }} Told */

/**
 * Asks for the form of what the chosen dataset holds, or of the other way of seeing it; what was typed goes along.
 * Features are as wide as they are: their width is filled in.
 */
class SubjectChoice extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    const told = document.querySelector("#dataset-choices")?.textContent;
    /** @type {Record<string, Told>} */
    this.datasets = told ? JSON.parse(told) : {};
    this.form?.addEventListener("change", this.chosen);
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this.chosen);
  }

  /** @param {Event} event */
  chosen = (event) => {
    const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target);
    if (field.name === "task") this.ask();
    if (field.name !== "data.dataset") return;
    const told = this.datasets?.[field.value];
    if (told && !told.subjects.includes(this.dataset.shown ?? "")) this.ask();
    else if (told?.width) this.fill(String(told.width));
  };

  ask() {
    const check = /** @type {HTMLButtonElement | null} */ (document.querySelector("#check-form"));
    if (check) this.form?.requestSubmit(check);
  }

  /** @param {string} width */
  fill(width) {
    const field = this.form?.elements.namedItem("student.input.width");
    if (field instanceof HTMLInputElement) field.value = width;
  }
}

customElements.define("subject-choice", SubjectChoice);
