/** Offers a new version where the name that was typed is in use, and only there. */
class NameChoice extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", this.offer);
    this.offer();
  }

  disconnectedCallback() {
    this.removeEventListener("input", this.offer);
  }

  offer = () => {
    const version = /** @type {HTMLElement | null} */ (this.querySelector('[data-part="version"]'));
    const box = /** @type {HTMLInputElement | null} */ (version?.querySelector("input"));
    const name = /** @type {HTMLInputElement} */ (this.querySelector('input[name="name"]')).value.trim();
    if (!version || !box) return;
    const isInUse = [...this.querySelectorAll("option")].some((option) => option.value === name);
    version.hidden = !isInUse;
    if (!isInUse) box.checked = false;
  };
}

customElements.define("name-choice", NameChoice);
