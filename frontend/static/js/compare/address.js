// The state of the page, which stands in its address and nowhere else: whoever opens it sees the same.

/** @typedef {Record<string, string | string[] | undefined>} Changes */

export class Address {
  /** @param {(changed: Set<string>) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.query = new URLSearchParams(location.search);
  }

  /**
   * This will read one value, empty where there is none.
   * @param {string} key
   */
  one(key) {
    return this.query.get(key) ?? "";
  }

  /**
   * This will read a value that may stand there several times.
   * @param {string} key
   */
  all(key) {
    return this.query.getAll(key).filter(Boolean);
  }

  /**
   * This will read a list of ids that are divided by commas.
   * @param {string} key
   */
  ids(key) {
    return this.one(key).split(",").filter(Boolean).map(Number).filter(Number.isInteger);
  }

  /**
   * This will put values into the address; what is empty leaves it.
   * @param {Changes} changes
   */
  put(changes) {
    const before = this.query.toString();
    for (const [key, value] of Object.entries(changes)) {
      this.query.delete(key);
      for (const each of [value ?? []].flat()) if (each) this.query.append(key, each);
    }
    if (this.query.toString() === before) return;
    history.replaceState(history.state, "", `${location.pathname}?${spelled(this.query)}`);
    this.onChange(new Set(Object.keys(changes)));
  }

  /** This will read the address again, after the browser has gone back or forth. */
  reread() {
    const before = this.query;
    this.query = new URLSearchParams(location.search);
    const keys = new Set([...before.keys(), ...this.query.keys()]);
    this.onChange(new Set([...keys].filter((key) => String(before.getAll(key)) !== String(this.query.getAll(key)))));
  }
}

/**
 * Commas, slashes, colons and at signs may stand in a query, and are better to read.
 * @param {URLSearchParams} query
 */
function spelled(query) {
  return query.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
}
