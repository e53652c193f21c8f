/** A form whose address says only what was filled in, so that it can be sent to somebody. */
class ShortForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("formdata", this.shorten);
  }

  disconnectedCallback() {
    this.removeEventListener("formdata", this.shorten);
  }

  /** @param {Event} event */
  shorten = (event) => {
    const { formData } = /** @type {FormDataEvent} */ (event);
    for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
  };
}

customElements.define("short-form", ShortForm);
