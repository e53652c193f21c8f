// Names and numbers of metrics, parameters and costs as tables write them.

/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").Better} Better */

const SHARES = /^(miou|\w+_miou|r\d+@.+|map(@.+)?|top\d+|ece)$/;
const FIRST = ["test/miou", "test/top1", "test/r1@0.5", "test/r1@0.7", "test/", "val/miou", "val/top1", "student.params", "latency_ms.p50", "val/", "student."];
const MANY = 1e5;

const large = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const usual = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {string} name */
function last(name) {
  return name.slice(name.lastIndexOf("/") + 1);
}

/**
 * This will write a name as people do: val/miou as val/mIoU, test/top1 as test/Top-1.
 * @param {string} name
 */
export function written(name) {
  const end = last(name);
  return name.slice(0, name.length - end.length) + end.replace(/miou$/, "mIoU").replace(/^top(?=\d+$)/, "Top-").replace(/^(ece|nll)$/, (word) => word.toUpperCase()).replace(/^r(?=\d+@)/, "R");
}

/**
 * This will tell whether a number is a share, which is written in percent.
 * @param {string} name
 */
export function isShare(name) {
  return SHARES.test(last(name));
}

/**
 * This will write a number of the given name.
 * @param {number | null | undefined} value
 * @param {string} [name]
 */
export function amount(value, name = "") {
  if (value === null || value === undefined) return "–";
  if (isShare(name)) return minus(`${(100 * value).toFixed(1)} %`);
  const size = Math.abs(value);
  if (size >= MANY) return minus(large.format(value));
  if (size !== 0 && size < 1e-3) return minus(value.toExponential(2));
  return minus((Number.isInteger(value) ? whole : usual).format(value));
}

/**
 * This will write a difference of two numbers of that name with its sign, without a unit.
 * @param {number} value
 * @param {string} name
 */
export function gained(value, name) {
  const text = isShare(name) ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3)));
  if (Number(text) === 0) return "±0";
  return value > 0 ? `+${text}` : minus(text);
}

/**
 * This will write half of what lies around a mean, without a unit.
 * @param {number} value
 * @param {string} name
 */
export function spread(value, name) {
  if (isShare(name)) return (100 * value).toFixed(1);
  return value >= MANY ? large.format(value) : usual.format(Number(value.toPrecision(2)));
}

/**
 * This will tell which numbers of that name are wanted, as far as that is known.
 * @param {string} name
 * @param {Axis[]} axes
 * @returns {Better | null}
 */
export function better(name, axes) {
  return axes.find((axis) => axis.name === name)?.better ?? null;
}

/**
 * This will put what is most asked for first: quality on test, then on validation, then what the student costs.
 * @template Kind
 * @param {Kind[]} given
 * @param {(one: Kind) => string} nameOf
 * @returns {Kind[]}
 */
export function ranked(given, nameOf) {
  const rank = (/** @type {Kind} */ one) => {
    const place = FIRST.findIndex((start) => nameOf(one).startsWith(start));
    return place < 0 ? FIRST.length : place;
  };
  return [...given].sort((one, two) => rank(one) - rank(two));
}

/** @param {string} text */
function minus(text) {
  return text.replace("-", "−");
}
