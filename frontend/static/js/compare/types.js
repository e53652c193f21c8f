// Types of what the server says about jobs that are compared; see webapp/api/compare_shapes.py.

/**
 * @typedef {object} ComparedJob
 * @property {number} id
 * @property {string} name
 * @property {string} state
 * @property {string} project
 * @property {number} color
 * @property {string} method
 * @property {string} cell
 * @property {number | null} seed
 * @property {boolean} has_samples
 * @property {boolean} has_weights
 */

/** @typedef {{mean: number, low: number, high: number, seeds: number, samples: number, is_decided: boolean}} Difference */

/**
 * Lists have one entry for each of the final metrics.
 * @typedef {object} Cell
 * @property {number} key
 * @property {string} title
 * @property {number[]} jobs
 * @property {number[]} n
 * @property {(number | null)[]} mean
 * @property {(number | null)[]} sd
 * @property {boolean} is_reference
 * @property {Difference | null} difference
 * @property {boolean} is_comparing
 */

/** @typedef {"high" | "low"} Better */

/**
 * @typedef {object} Axis
 * @property {string} name
 * @property {"metric" | "parameter" | "cost"} kind
 * @property {(number | null)[]} values one for each job
 * @property {Better | null} better
 */

/**
 * @typedef {object} Compared
 * @property {ComparedJob[]} jobs
 * @property {string[]} metrics
 * @property {{fields: {path: string, values: unknown[]}[], same: number}} spec
 * @property {{names: string[], values: (number | null)[][]}} final
 * @property {{metric: string, metrics: string[], reference: number, rows: Cell[]}} cells
 * @property {Axis[]} axes
 * @property {boolean} is_settled
 */

/** @typedef {{steps: number[], values: (number | string)[], x?: number[]}} Line */

/** @typedef {{curves: {name: string, series: Record<string, Line>}[]}} Overlaid */

/** @typedef {{id: number, teachers: string[], steps: number[], values: (number | null)[][]}} JobWeights */

/** @typedef {{low: number, high: number, last_step: number, teachers: string[], jobs: JobWeights[]}} Weighed */

/** @typedef {{row: number, iou: number, inspect: string}} Side */

/**
 * @typedef {object} Gained
 * @property {string} sample_id
 * @property {string} split
 * @property {string} source
 * @property {string} sentence
 * @property {number} gain
 * @property {Side} own
 * @property {Side} other
 */

/**
 * @typedef {object} Gains
 * @property {number} own
 * @property {number} other
 * @property {number} total
 * @property {number} won
 * @property {number} lost
 * @property {number} equal
 * @property {string[]} splits
 * @property {Difference | null} difference
 * @property {{edges: number[], counts: number[]}} histogram
 * @property {Gained[]} samples
 */

export {};
