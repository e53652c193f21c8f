// What the charts of the compare page share.

import { themed } from "../palette.js";

export const CONFIG = {
  displaylogo: false,
  responsive: true,
  displayModeBar: false,
  doubleClick: "autosize",
  doubleClickDelay: 400,
};

/**
 * This will make the layout of a chart with the given axes, in the colours of the theme.
 * @param {Record<string, any>} xaxis
 * @param {Record<string, any>} yaxis
 * @returns {Record<string, any>}
 */
export function layoutOf(xaxis, yaxis) {
  return themed({
    autosize: true,
    hovermode: "closest",
    dragmode: "zoom",
    showlegend: false,
    margin: { l: 8, r: 12, t: 8, b: 40, autoexpand: true },
    xaxis: { automargin: true, zeroline: false, ...xaxis },
    yaxis: { automargin: true, zeroline: false, ...yaxis },
  });
}

/**
 * This will give an axis its scale: a logarithmic one has few round ticks.
 * @param {boolean} isLog
 */
export function scale(isLog) {
  return isLog ? { type: "log", tickformat: "~g", nticks: 6 } : { type: "linear" };
}
