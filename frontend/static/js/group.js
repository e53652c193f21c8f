// What the page of a group uses.
import "./elements/fresh-part.js";
import "./elements/still-chart.js";
