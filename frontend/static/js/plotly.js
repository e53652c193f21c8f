// The bundle of the plotly package, loaded by the page before this module runs.

/**
 * @typedef {object} Plotly
 * @property {(box: HTMLElement, traces: object[], layout: object, config: object) => Promise<unknown>} react
 * @property {(box: HTMLElement) => void} purge
 */

/**
 * What the bundle adds to the box of a chart.
 * @typedef {HTMLElement & {on: (name: string, listener: (change: Record<string, unknown>) => void) => void}} Drawn
 */

export const Plotly = /** @type {Plotly} */ (/** @type {any} */ (globalThis).Plotly);
