"""Motion → Motion: gaps, smoothing, segmentation, limb normalisation, resampling."""
