"""The example clip of `formnet demo`, and how it was simulated.

The last clip of `formnet synth OUT --clips 5 --seed 200 --yaw 40 --fps 24`.
"""
