// The form of a job.
import "./elements/subject-choice.js";
import "./elements/learner-choice.js";
