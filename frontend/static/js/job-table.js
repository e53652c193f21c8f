// What the table of jobs uses.
import "./elements/action-choice.js";
import "./elements/short-form.js";
import "./elements/tick-rows.js";
