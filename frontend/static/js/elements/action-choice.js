/** Shows what an action needs beside it (`data-for` names the actions) only while that action is chosen. */
class ActionChoice extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", this.show);
    this.show();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.show);
  }

  show = () => {
    const chosen = this.querySelector("select")?.value ?? "";
    for (const part of this.querySelectorAll("[data-for]")) {
      if (!(part instanceof HTMLElement)) continue;
      part.hidden = !part.dataset.for?.split(" ").includes(chosen);
      for (const input of part.querySelectorAll("input")) {
        input.disabled = part.hidden;
        input.required = !part.hidden;
      }
    }
  };
}

customElements.define("action-choice", ActionChoice);
