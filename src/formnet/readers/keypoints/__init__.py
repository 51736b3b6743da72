"""Keypoint files of pose estimators, whatever their container: rows of points, told by keys and counts."""
