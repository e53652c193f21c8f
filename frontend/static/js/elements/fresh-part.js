/** A part of the page that the server renders anew when the job has ended. */
class FreshPart extends HTMLElement {
  connectedCallback() {
    this.feed = this.closest("job-feed");
    this.feed?.addEventListener("ended", this.refresh);
  }

  disconnectedCallback() {
    this.feed?.removeEventListener("ended", this.refresh);
  }

  refresh = async () => {
    const answer = await fetch(this.dataset.src ?? "", { credentials: "same-origin" });
    if (!answer.ok) return;
    // The server's own escaped markup; a parsed document runs no scripts.
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.replaceChildren(...parsed.body.childNodes);
  };
}

customElements.define("fresh-part", FreshPart);
