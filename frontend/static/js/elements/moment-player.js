const SETTLED = 0.05; // seconds by which a frame may be off

/**
 * A video with the windows of a sentence: a window is played from its start to its end, once or over and over.
 * Keys, wherever the page is: 1 to 9 play a window, L repeats, K plays or pauses.
 */
class MomentPlayer extends HTMLElement {
  connectedCallback() {
    this.video = this.querySelector("video"); // most videos of a dataset are features only
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...this.querySelectorAll("button[data-start]")]);
    this.repeat = /** @type {HTMLInputElement | null} */ (this.querySelector("input[data-part='repeat']"));
    this.head = this.querySelector("[data-part='head']");
    /** @type {HTMLButtonElement | undefined} */
    this.playing = undefined;
    this.addEventListener("click", this.pressed);
    document.addEventListener("keydown", this.key);
    for (const name of ["play", "pause", "seeked", "timeupdate"]) this.video?.addEventListener(name, this.follow);
    this.video?.addEventListener("error", this.broken, true);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.pressed);
    document.removeEventListener("keydown", this.key);
    for (const name of ["play", "pause", "seeked", "timeupdate"]) this.video?.removeEventListener(name, this.follow);
    this.video?.removeEventListener("error", this.broken, true);
    cancelAnimationFrame(this.frame ?? 0);
  }

  /** @param {Event} event */
  pressed = (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("button[data-start]");
    if (button instanceof HTMLButtonElement) this.play(button);
    const line = target.closest("[data-part='line']");
    if (line && this.video?.duration) this.seek(/** @type {MouseEvent} */ (event), line);
  };

  /** @param {KeyboardEvent} event */
  key = (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input:not([type=checkbox]), textarea, select")) {
      return;
    }
    const key = event.key.toLowerCase();
    const button = /^[1-9]$/.test(key) ? this.buttons?.[Number(key) - 1] : undefined;
    if (button) this.play(button);
    else if (key === "l" && this.repeat) this.repeat.checked = !this.repeat.checked;
    else if (key === "k") this.toggle();
  };

  toggle() {
    if (this.video?.paused) this.start();
    else this.video?.pause();
  }

  /** @param {HTMLButtonElement} button */
  play(button) {
    if (!this.video || button.disabled) return;
    this.playing = button;
    this.mark();
    this.video.currentTime = Number(button.dataset.start);
    this.start();
  }

  /** A browser may refuse to play; its own controls remain. */
  start() {
    this.video?.play().catch(() => this.follow());
  }

  /**
   * @param {MouseEvent} event
   * @param {Element} line
   */
  seek(event, line) {
    const { left, width } = line.getBoundingClientRect();
    const video = /** @type {HTMLVideoElement} */ (this.video);
    this.playing = undefined;
    this.mark();
    video.currentTime = Math.min(video.duration, ((event.clientX - left) / width) * this.length);
  }

  /** @returns {number} seconds of the line, which are those of the annotations */
  get length() {
    return Number(this.dataset.duration) || this.video?.duration || 1;
  }

  follow = () => {
    cancelAnimationFrame(this.frame ?? 0);
    const video = this.video;
    if (!video) return;
    const share = Math.min(1, Math.max(0, video.currentTime / this.length));
    this.head?.setAttribute("transform", `translate(${(100 * share).toFixed(3)} 0)`);
    this.dataset.at = video.currentTime.toFixed(2);
    this.watch(video);
    // Four times a second, as the browser tells, is too seldom for the end of a window.
    if (!video.paused) this.frame = requestAnimationFrame(this.follow);
  };

  /** @param {HTMLVideoElement} video */
  watch(video) {
    const { start, end } = this.playing?.dataset ?? {};
    if (end === undefined || video.seeking) return;
    if (video.currentTime < Number(start) - SETTLED || video.currentTime > Number(end) + 1) {
      this.playing = undefined; // somebody went elsewhere by hand
      this.mark();
    } else if (video.currentTime >= Number(end) - SETTLED || video.ended) {
      if (this.repeat?.checked) video.currentTime = Number(start);
      else this.stop(video);
      if (this.repeat?.checked && video.paused) this.start();
    }
  }

  /** @param {HTMLVideoElement} video */
  stop(video) {
    video.pause();
    this.playing = undefined;
    this.mark();
  }

  mark() {
    for (const button of this.buttons ?? []) button.ariaPressed = String(button === this.playing);
  }

  broken = () => {
    const note = /** @type {HTMLElement | null} */ (this.querySelector("[data-part='broken']"));
    if (note) note.hidden = false;
    if (this.video) this.video.hidden = true;
    for (const button of this.buttons ?? []) button.disabled = true;
  };
}

customElements.define("moment-player", MomentPlayer);
