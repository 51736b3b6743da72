"""Files → joints and labelled motions, one file for each format."""
