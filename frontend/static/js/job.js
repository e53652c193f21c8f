// What a job's page uses. The feed comes last: everything that listens to it is there by then.
import "./elements/event-list.js";
import "./elements/fresh-part.js";
import "./elements/job-log.js";
import "./elements/live-chart.js";
import "./elements/probe-weights.js";
import "./elements/still-chart.js";
import "./elements/weight-heatmap.js";
import "./elements/job-feed.js";
