// What the pages of a job's samples use.
import "./elements/confusion-matrix.js";
import "./elements/feature-strip.js";
import "./elements/gaze-film.js";
import "./elements/key-links.js";
import "./elements/moment-player.js";
import "./elements/short-form.js";
import "./elements/still-chart.js";
import "./elements/tick-rows.js";
