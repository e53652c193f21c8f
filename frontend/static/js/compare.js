// The compare page: what is seen first; the parts below come once the page stands.
import "./elements/job-legend.js";
import "./elements/curve-overlay.js";
import "./elements/compare-page.js";

addEventListener("load", () => void import("./compare-parts.js"));
