// Which upload a chosen file belongs to, kept across reloads of the page: the browser cannot keep the file itself.

const PREFIX = "upload:";
const DAY = 86_400_000;

/** @typedef {{name: string, file: File}} Picked */

/** The uploads of one project that this browser has begun. */
export class Remembered {
  /** @param {string} project */
  constructor(project) {
    this.prefix = `${PREFIX}${project}:`;
  }

  /** @param {Picked} picked */
  key({ name, file }) {
    return `${this.prefix}${name}:${file.size}:${file.lastModified}`;
  }

  /**
   * This will find the upload that this very file was going to.
   * @param {Picked} picked
   * @returns {string | null}
   */
  find(picked) {
    try {
      return JSON.parse(localStorage.getItem(this.key(picked)) ?? "{}").id ?? null;
    } catch {
      return null;
    }
  }

  /**
   * This will note where a file goes; a full or forbidden storage only costs the resuming.
   * @param {Picked} picked
   * @param {string} id
   */
  note(picked, id) {
    try {
      localStorage.setItem(this.key(picked), JSON.stringify({ id, at: Date.now() }));
    } catch {
      return;
    }
  }

  /** @param {Picked} picked */
  forget(picked) {
    try {
      localStorage.removeItem(this.key(picked));
    } catch {
      return;
    }
  }

  /** This will drop what the server has dropped too: notes of other days. */
  tidy() {
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
        const at = JSON.parse(localStorage.getItem(key) ?? "{}").at ?? 0;
        if (Date.now() - at > 3 * DAY) localStorage.removeItem(key);
      }
    } catch {
      return;
    }
  }
}
