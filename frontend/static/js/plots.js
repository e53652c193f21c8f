// For pages with charts whose data came with them.
import "./elements/still-chart.js";
