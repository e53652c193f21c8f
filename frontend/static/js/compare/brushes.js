// Limits that are laid on axes: "name|low|high" in the address, each end may be open.

/** @typedef {{low: number, high: number}} Brush */

/**
 * This will read limits by the name of their axis.
 * @param {string[]} texts
 * @returns {Map<string, Brush>}
 */
export function brushes(texts) {
  const found = texts.map((text) => {
    const [high, low, ...name] = text.split("|").reverse();
    return /** @type {const} */ ([name.reverse().join("|"), { low: edge(low, -Infinity), high: edge(high, Infinity) }]);
  });
  return new Map(found.filter(([name, { low, high }]) => name && low <= high && (low > -Infinity || high < Infinity)));
}

/**
 * This will write limits as the address has them.
 * @param {Map<string, Brush>} found
 */
export function spelled(found) {
  return [...found].map(([name, { low, high }]) => `${name}|${number(low)}|${number(high)}`);
}

/**
 * @param {string | undefined} text
 * @param {number} open
 */
function edge(text, open) {
  return text && Number.isFinite(Number(text)) ? Number(text) : open;
}

/**
 * This will write an end of limits, nothing where it is open.
 * @param {number} value
 */
export function number(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "";
}
