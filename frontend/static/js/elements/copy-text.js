/** Copies the text of its `[data-copy]` part when its button is pressed. */
class CopyText extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button?.addEventListener("click", this.copy);
  }

  disconnectedCallback() {
    this.button?.removeEventListener("click", this.copy);
    clearTimeout(this.timer);
  }

  copy = async () => {
    const text = this.querySelector("[data-copy]")?.textContent ?? "";
    const button = this.button;
    if (!button) return;
    const label = button.dataset.label ?? button.textContent ?? "";
    button.dataset.label = label;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copying is not allowed";
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (button.textContent = label), 1600);
  };
}

customElements.define("copy-text", CopyText);
