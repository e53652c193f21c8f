// The parts of the compare page; what they show is read by compare-data.js.
import "./elements/job-legend.js";
import "./elements/curve-overlay.js";
import "./elements/final-table.js";
import "./elements/spec-differences.js";
import "./elements/axis-scatter.js";
import "./elements/parallel-axes.js";
import "./elements/weight-maps.js";
import "./elements/sample-gains.js";
import "./elements/compare-page.js";
