"""One reader for each form in which clips of the field are labelled."""
