"""Training of lifters: `python train.py task=lift`."""
