"""Video → joints: decoding, estimators, and `PoseTrack`, what every source of poses is read into."""
