// Types of what the server sends; see webapp/live/frames.py.

/** @typedef {"queued" | "starting" | "running" | "paused" | "succeeded" | "failed" | "cancelled"} State */

/**
 * @typedef {object} JobState
 * @property {State} state
 * @property {boolean} final
 * @property {number} step
 * @property {number} total_steps
 * @property {string} part
 * @property {number} [part_done]
 * @property {number} [part_of]
 * @property {number} attempt
 * @property {string} failure
 * @property {boolean} cancelling
 * @property {boolean} pausing
 * @property {string} pause_reason
 * @property {string} queue
 * @property {string | null} waits
 * @property {object | null} lag
 * @property {string | null} deadline_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 */

/** @typedef {{steps: number[], values: (number | string)[], times?: number[]}} Curve */

/** @typedef {{seq: number, kind: string, step: number | null, at: string, attempt: number} & Record<string, any>} EngineEvent */

/**
 * @typedef {object} Frame
 * @property {number} after
 * @property {number} seq
 * @property {boolean} replace
 * @property {boolean} more
 * @property {JobState} job
 * @property {EngineEvent[]} events
 * @property {Record<string, Curve>} points
 */

/** @typedef {{away: boolean, since?: string}} Away */

/** @typedef {{attempt: number, text: string}} LogLine */

/** @typedef {{after: number, lines: LogLine[], final: boolean}} LogFrame */

/**
 * @typedef {object} ChartPlan
 * @property {string} key
 * @property {string} title
 * @property {string[]} prefixes
 * @property {boolean} [percent]
 * @property {string} [suffix]
 * @property {string[]} [without]
 * @property {boolean} [families]
 * @property {boolean} [owned]
 * @property {boolean} [by_time]
 * @property {string} [unit]
 * @property {string[]} [teachers]
 * @property {Record<string, any>} trace
 * @property {Record<string, any>} layout
 * @property {Record<string, any>} config
 */

export {};
