// The websocket of a job: what lies behind the cursor of this page, and whether the database is there to tell.
import { Link } from "./link.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Away} Away */

/** @extends {Link<Frame | Away>} */
export class Feed extends Link {
  /**
   * @param {object} options
   * @param {string} options.path
   * @param {number} options.px
   * @param {(frame: Frame) => void} options.onFrame
   * @param {(away: Away | null) => void} options.onAway
   * @param {(state: import("./link.js").LinkState, sentence: string) => void} options.onLink
   */
  constructor({ path, px, onFrame, onAway, onLink }) {
    super({ path, onLink, question: () => ({ after: this.seq, px }), onAnswer: (answer) => this.told(answer) });
    this.onFrame = onFrame;
    this.onAway = onAway;
    this.seq = 0;
  }

  /** This will ask for everything anew, thinned out. */
  startOver() {
    this.seq = 0;
    this.ask();
  }

  /** @param {Frame | Away} answer */
  told(answer) {
    if ("away" in answer) return this.onAway(answer.away ? answer : null);
    this.onAway(null);
    if (answer.seq < this.seq && !answer.replace) return;
    this.seq = answer.seq;
    this.onFrame(answer);
  }
}
