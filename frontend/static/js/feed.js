// The websocket of a job: keeps a cursor, comes back when the connection is lost.

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {"connecting" | "live" | "reconnecting" | "finished" | "refused"} LinkState */

const SHORTEST = 500;
const LONGEST = 30_000;
const DONE = 1000;
const REFUSALS = new Map([
  [4400, "This page and the server do not understand each other: reload the page."],
  [4401, "You are logged out: log in again."],
  [4403, "You may no longer watch this job."],
]);

export class Feed {
  /**
   * @param {object} options
   * @param {string} options.path
   * @param {number} options.px
   * @param {(frame: Frame) => void} options.onFrame
   * @param {(state: LinkState, sentence: string) => void} options.onLink
   */
  constructor({ path, px, onFrame, onLink }) {
    this.url = new URL(path, location.href.replace(/^http/, "ws"));
    this.px = px;
    this.onFrame = onFrame;
    this.onLink = onLink;
    this.seq = 0;
    this.failures = 0;
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.wake = () => {
      if (this.timer !== undefined && !document.hidden) this.open();
    };
  }

  /** This will connect, and reconnect until `close`. */
  start() {
    this.onLink("connecting", "");
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.open();
  }

  /** This will undo `start`. */
  close() {
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  /** This will ask for everything anew, thinned out. */
  startOver() {
    this.seq = 0;
    this.ask();
  }

  ask() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ after: this.seq, px: this.px }));
    }
  }

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => this.ask());
    socket.addEventListener("message", (message) => {
      if (socket === this.socket) this.take(JSON.parse(message.data));
    });
    socket.addEventListener("close", (end) => {
      if (socket === this.socket) this.ended(end.code);
    });
  }

  /** @param {Frame} frame */
  take(frame) {
    this.failures = 0;
    if (frame.seq < this.seq && !frame.replace) return;
    this.seq = frame.seq;
    this.onLink("live", "");
    this.onFrame(frame);
  }

  /** @param {number} code */
  ended(code) {
    this.socket = undefined;
    const refusal = REFUSALS.get(code);
    if (code === DONE) this.onLink("finished", "");
    else if (refusal) this.onLink("refused", refusal);
    else {
      const most = Math.min(LONGEST, SHORTEST * 2 ** this.failures);
      this.failures += 1;
      this.onLink("reconnecting", "");
      this.timer = setTimeout(() => this.open(), SHORTEST + Math.random() * (most - SHORTEST));
    }
  }
}
