/**
 * A video with pictures laid over it that belong to the frame it stands at: `data-src` of each says where they come
 * from. While it plays, the next is asked for when the one before is there.
 */
class GazeFilm extends HTMLElement {
  connectedCallback() {
    this.video = /** @type {HTMLVideoElement | null} */ (this.querySelector("video"));
    this.layers = /** @type {HTMLImageElement[]} */ ([...this.querySelectorAll("img[data-src]")]);
    this.told = this.querySelector("[data-part='frame']");
    for (const name of ["seeked", "timeupdate", "pause"]) this.video?.addEventListener(name, this.follow);
    this.video?.addEventListener("error", this.broken);
    for (const layer of this.layers) layer.addEventListener("load", this.follow);
  }

  disconnectedCallback() {
    for (const name of ["seeked", "timeupdate", "pause"]) this.video?.removeEventListener(name, this.follow);
    this.video?.removeEventListener("error", this.broken);
    for (const layer of this.layers ?? []) layer.removeEventListener("load", this.follow);
  }

  /** @returns {number} the frame that is seen; a little is added against rounding */
  get frame() {
    const at = (this.video?.currentTime ?? 0) * (Number(this.dataset.rate) || 1) + 0.01;
    return Math.min(Number(this.dataset.frames) - 1, Math.floor(at));
  }

  follow = () => {
    const frame = this.frame;
    if (this.told) this.told.textContent = `Frame ${frame}`;
    this.dataset.frame = String(frame);
    for (const layer of this.layers ?? []) {
      const wanted = `${layer.dataset.src}?frame=${frame}`;
      if (layer.complete && layer.getAttribute("src") !== wanted) layer.setAttribute("src", wanted);
    }
  };

  broken = () => {
    const note = /** @type {HTMLElement | null} */ (this.querySelector("[data-part='broken']"));
    if (note) note.hidden = false;
  };
}

customElements.define("gaze-film", GazeFilm);
