// Colours for charts, taken from tokens.css so that they follow light and dark.

export const THEME_CHANGED = "themechanged";
const SERIES = 8;

/** @returns {(token: string) => string} */
function reader() {
  const style = document.createElement("span");
  style.hidden = true;
  document.body.append(style);
  return (token) => {
    style.style.color = `var(--${token})`;
    return getComputedStyle(style).color;
  };
}

/** @type {ReturnType<typeof read> | undefined} */
let known;

/** This will return the colours of the theme in use. */
export function palette() {
  return (known ??= read());
}

function read() {
  const color = reader();
  const series = Array.from({ length: SERIES }, (_, index) => color(`series-${index + 1}`));
  return {
    ink: color("ink-2"),
    faint: color("ink-3"),
    line: color("line"),
    surface: color("surface"),
    bad: color("bad"),
    series,
    heat: [color("heat-low"), color("heat-mid"), color("heat-high")],
  };
}

function changed() {
  known = undefined;
  document.dispatchEvent(new CustomEvent(THEME_CHANGED));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/**
 * This will put the theme's colours into a chart's layout.
 * @param {Record<string, any>} layout
 * @returns {Record<string, any>}
 */
export function themed(layout) {
  const { ink, line, surface, faint } = palette();
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
  const family = getComputedStyle(document.body).fontFamily;
  return {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family, size: 11, color: ink },
    hoverlabel: { bgcolor: surface, bordercolor: line, font: { family, size: 12, color: ink } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: faint, activecolor: ink },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
}
