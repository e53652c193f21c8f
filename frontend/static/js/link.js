// A websocket that says how far its reader is, and comes back when the connection is lost.

/** @typedef {"connecting" | "live" | "reconnecting" | "finished" | "refused"} LinkState */

const SHORTEST = 500;
const LONGEST = 30_000;
const DONE = 1000;
const REFUSALS = new Map([
  [4400, "This page and the server do not understand each other: reload the page."],
  [4401, "You are logged out: log in again."],
  [4403, "You may no longer watch this job."],
]);

/** @template Answer */
export class Link {
  /**
   * @param {object} options
   * @param {string} options.path
   * @param {() => object} options.question what is asked when connected: where to go on
   * @param {(answer: Answer) => void} options.onAnswer
   * @param {(state: LinkState, sentence: string) => void} options.onLink
   */
  constructor({ path, question, onAnswer, onLink }) {
    this.url = new URL(path, location.href.replace(/^http/, "ws"));
    this.question = question;
    this.onAnswer = onAnswer;
    this.onLink = onLink;
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

  ask() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(this.question()));
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

  /** @param {Answer} answer */
  take(answer) {
    this.failures = 0;
    this.onLink("live", "");
    this.onAnswer(answer);
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
