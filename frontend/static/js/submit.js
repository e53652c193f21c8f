// The form of a job.
import "./elements/subject-choice.js";
