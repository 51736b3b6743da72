"""Motions written for other tools: AlphaPose, OpenPose, COCO, CSV, and TRC and MOT for OpenSim."""
