// Files on their way to the server: each in parts, a few at a time, through lost connections and reloads.
import { begin, Gone, Interrupted, offset, remove, send } from "./tus.js";

/** @typedef {import("./tus.js").Door} Door */
/** @typedef {import("./remembered.js").Remembered} Remembered */
/** @typedef {"waiting" | "sending" | "retrying" | "paused" | "done" | "failed"} Way */

const PART = 8_000_000;
const AT_A_TIME = 3;
const LONGEST_WAIT = 30_000;

/** One file and how far it is. */
export class Transfer {
  /**
   * @param {{name: string, file: File}} picked
   * @param {{door: Door, remembered: Remembered, changed: () => void}} shared
   */
  constructor(picked, shared) {
    this.name = picked.name;
    this.size = picked.file.size;
    this.picked = picked;
    this.shared = shared;
    this.id = shared.remembered.find(picked);
    /** Whether the server has to be asked how much of it has arrived. */
    this.unsure = this.id !== null;
    this.stored = 0;
    this.sent = 0;
    this.continuedAt = 0;
    this.problem = "";
    /** @type {Way} */
    this.way = "waiting";
    /** @type {AbortController | null} */
    this.running = null;
  }

  get isActive() {
    return this.way === "sending" || this.way === "retrying";
  }

  /** This will send what is missing and return when there is nothing left to do or it was paused. */
  async run() {
    const running = (this.running = new AbortController());
    let failures = 0;
    this.turn("sending");
    while (!running.signal.aborted) {
      const before = this.stored;
      try {
        if (await this.step(running.signal)) return this.turn("done");
        if (this.stored > before) failures = 0;
        if (this.way === "retrying" && !this.unsure) this.turn("sending");
      } catch (error) {
        if (running.signal.aborted) return;
        if (!(error instanceof Interrupted || error instanceof Gone)) return this.fail(error);
        this.recover(error);
        failures += 1;
        this.turn("retrying");
        await patience(failures, running.signal);
      }
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether all is there
   */
  async step(signal) {
    const { door, remembered } = this.shared;
    const onSent = (/** @type {number} */ bytes) => {
      this.sent = Math.min(this.size, this.stored + bytes);
      this.shared.changed();
    };
    if (this.id === null) {
      const body = this.size > 0 && this.size <= PART ? this.picked.file : null;
      const begun = await begin(door, { name: this.name, size: this.size, body }, { signal, onSent });
      this.id = begun.id;
      this.arrived(begun.offset);
      remembered.note(this.picked, begun.id);
    } else if (this.unsure) {
      this.arrived(await offset(door, this.id, { signal }));
      this.continuedAt = this.stored;
      this.unsure = false;
    } else {
      const body = this.picked.file.slice(this.stored, this.stored + PART);
      this.arrived(await send(door, this.id, { at: this.stored, body }, { signal, onSent }));
    }
    return this.stored >= this.size;
  }

  /** @param {number} bytes */
  arrived(bytes) {
    this.stored = bytes;
    this.sent = bytes;
    this.shared.changed();
  }

  /** @param {Error} error */
  recover(error) {
    if (error instanceof Gone) {
      this.id = null;
      this.stored = 0;
      this.shared.remembered.forget(this.picked);
    }
    this.unsure = this.id !== null;
    this.sent = this.stored;
    this.problem = error.message;
  }

  /** @param {unknown} error */
  fail(error) {
    this.problem = error instanceof Error ? error.message : String(error);
    this.unsure = this.id !== null;
    this.sent = this.stored;
    this.turn("failed");
  }

  pause() {
    this.running?.abort();
    this.unsure = this.id !== null;
    this.sent = this.stored;
    this.turn("paused");
  }

  /** This will take the file back, here and on the server. */
  drop() {
    this.running?.abort();
    this.shared.remembered.forget(this.picked);
    if (this.id !== null) void remove(this.shared.door, this.id);
  }

  /** @param {Way} way */
  turn(way) {
    this.way = way;
    if (way === "sending" || way === "done") this.problem = "";
    this.shared.changed();
  }
}

/** A file that the server has completely, from an earlier visit or from a form that was refused. */
export class Kept {
  /**
   * @param {{id: string, name: string, size: number}} upload
   * @param {Door} door
   */
  constructor({ id, name, size }, door) {
    this.id = id;
    this.name = name;
    this.size = size;
    this.sent = size;
    this.door = door;
    this.continuedAt = 0;
    this.problem = "";
    this.isActive = false;
    this.way = /** @type {Way} */ ("done");
  }

  drop() {
    void remove(this.door, this.id);
  }
}

/** Several files, a few of them at a time. */
export class Queue {
  constructor() {
    /** @type {(Transfer | Kept)[]} */
    this.transfers = [];
  }

  /** This will start as many as may run. */
  fill() {
    let free = AT_A_TIME - this.transfers.filter((one) => one.isActive).length;
    for (const transfer of this.transfers) {
      if (free <= 0) return;
      if (transfer.way !== "waiting" || transfer instanceof Kept) continue;
      free -= 1;
      void transfer.run().finally(() => this.fill());
    }
  }

  /** @param {(Transfer | Kept)[]} transfers */
  add(transfers) {
    this.transfers.push(...transfers);
    this.fill();
  }

  /** @param {(Transfer | Kept)[]} transfers */
  pause(transfers) {
    for (const one of running(transfers)) if (one.isActive || one.way === "waiting") one.pause();
    this.fill();
  }

  /** @param {(Transfer | Kept)[]} transfers */
  resume(transfers) {
    for (const one of running(transfers)) if (one.way === "paused" || one.way === "failed") one.turn("waiting");
    this.fill();
  }

  /** @param {(Transfer | Kept)[]} transfers */
  drop(transfers) {
    const dropped = new Set(transfers);
    this.transfers = this.transfers.filter((one) => !dropped.has(one));
    for (const one of transfers) one.drop();
    this.fill();
  }

  /** This will stop everything where it is; it can be continued. */
  stop() {
    for (const one of running(this.transfers)) one.running?.abort();
  }

  /** This will forget which files these were: from now on a registration has them. */
  handOver() {
    for (const one of running(this.transfers)) one.shared.remembered.forget(one.picked);
  }
}

/** @param {(Transfer | Kept)[]} transfers */
function running(transfers) {
  return transfers.filter((one) => one instanceof Transfer);
}

/**
 * Waits longer after each failure, but no longer than until the connection is back.
 * @param {number} failures
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function patience(failures, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const wait = Math.min(LONGEST_WAIT, 400 * 2 ** failures) * (0.75 + Math.random() / 2);
    const timer = setTimeout(over, wait);
    addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}
