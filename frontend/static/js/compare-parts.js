// The parts of the compare page below its curves.
import "./elements/final-table.js";
import "./elements/spec-differences.js";
import "./elements/axis-scatter.js";
import "./elements/parallel-axes.js";
import "./elements/weight-maps.js";
import "./elements/sample-gains.js";
