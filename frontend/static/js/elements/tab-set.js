/** Tabs: one panel at a time, arrow keys between them; `data-with` names what comes and goes with a panel. */
class TabSet extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.pressed);
    this.addEventListener("keydown", this.arrow);
    this.choose(this.tabs.find((tab) => tab.ariaSelected === "true") ?? this.tabs[0]);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.pressed);
    this.removeEventListener("keydown", this.arrow);
  }

  get tabs() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll('[role="tab"]')]);
  }

  /** @param {HTMLElement | undefined} chosen */
  choose(chosen) {
    for (const tab of this.tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      for (const id of [tab.getAttribute("aria-controls"), ...(tab.dataset.with ?? "").split(" ")]) {
        const part = document.getElementById(id ?? "");
        if (part) part.hidden = tab !== chosen;
      }
    }
  }

  /** @param {Event} event */
  pressed = (event) => {
    const tab = /** @type {Element} */ (event.target).closest('[role="tab"]');
    if (tab instanceof HTMLElement) this.choose(tab);
  };

  /** @param {KeyboardEvent} event */
  arrow = (event) => {
    const at = this.tabs.indexOf(/** @type {HTMLElement} */ (event.target));
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (at < 0 || by === undefined) return;
    const next = this.tabs.at((at + by) % this.tabs.length);
    this.choose(next);
    next?.focus();
  };
}

customElements.define("tab-set", TabSet);
