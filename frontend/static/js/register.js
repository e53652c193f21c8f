// What the pages for registering use.
import "./elements/file-upload.js";
import "./elements/left-uploads.js";
import "./elements/name-choice.js";
