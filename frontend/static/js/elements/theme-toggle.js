/** Switches between light and dark and remembers it; a choice that equals the system's is forgotten. */
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.toggle);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.toggle);
  }

  toggle = () => {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
    if (next === system) {
      delete root.dataset.theme;
      localStorage.removeItem("theme");
    } else {
      root.dataset.theme = next;
      localStorage.setItem("theme", next);
    }
  };
}

customElements.define("theme-toggle", ThemeToggle);
