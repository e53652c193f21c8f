"""The check of labelled samples, whatever a sample is: contents, labels, ids and splits held against each other."""
