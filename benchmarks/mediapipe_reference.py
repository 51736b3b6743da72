"""MediaPipe's own pose landmarker, to compare with; needs `pip install 'formnet[comparison]'`.

MediaPipe 1.2 sends usage metrics home when a landmarker is made, and loads the networks only with metadata that says
how to scale the picture; formnet needs neither, so all of this stands outside of it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from formnet.pose.model_bundle import DETECTOR, LANDMARKS, PoseModel
from formnet.pose.quiet import silenced_stderr
from formnet.pose.video import Frame


@dataclass(frozen=True, eq=False)
class ReferencePoses:
    """What MediaPipe says of one person.

    Attributes:
        image: (T, 33, 2) pixels, NaN where it sees nobody.
        world: (T, 33, 3) metres.
        confidence: (T, 33) visibility × presence.
    """

    image: np.ndarray
    world: np.ndarray
    confidence: np.ndarray


class ReferenceLandmarker:
    """Follows one person through one clip, in MediaPipe's video mode with its own defaults."""

    def __init__(self, model: PoseModel) -> None:
        with silenced_stderr():
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_buffer=build_task(model)),
                running_mode=vision.RunningMode.VIDEO,
            )
            self._landmarker = vision.PoseLandmarker.create_from_options(options)

    def estimate(self, frames: Iterable[Frame]) -> ReferencePoses:
        """The poses in a clip; the landmarker is used up."""
        import mediapipe

        image, world, confidence = [], [], []
        for frame in frames:
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame.image)
            found = self._landmarker.detect_for_video(picture, round(frame.timestamp_s * 1000))
            size = frame.image.shape[1::-1]
            in_picture, in_metres = np.full((33, 4), np.nan), np.full((33, 3), np.nan)
            if found.pose_landmarks:
                in_picture[:] = [(m.x, m.y, m.visibility, m.presence) for m in found.pose_landmarks[0]]
                in_metres[:] = [(m.x, m.y, m.z) for m in found.pose_world_landmarks[0]]
            image.append(in_picture[:, :2] * size)
            world.append(in_metres)
            confidence.append(np.nan_to_num(in_picture[:, 2] * in_picture[:, 3]))
        with silenced_stderr():
            self._landmarker.close()
        return ReferencePoses(np.array(image), np.array(world), np.array(confidence))


def build_task(model: PoseModel) -> bytes:
    """A bundle that MediaPipe loads, of the same networks."""
    bundle = io.BytesIO()
    # Stored, not deflated: MediaPipe maps the members straight from memory.
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as target:
        # The detector wants pixels in -1…1, the landmark network in 0…1: (pixel - mean) / std.
        for name, network, mean, std in (
            (DETECTOR, model.detector, 127.5, 127.5),
            (LANDMARKS, model.landmarks, 0.0, 255.0),
        ):
            described = b"TFLITE_METADATA" in network
            target.writestr(name, network if described else add_image_metadata(network, mean, std))
    return bundle.getvalue()


def add_image_metadata(network: bytes, mean: float, std: float) -> bytes:
    """The TFLite file with a TFLITE_METADATA buffer that says how to scale the input picture."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata
    from mediapipe.tasks.metadata import schema_py_generated as schema

    scaling = metadata.ProcessUnitT()
    scaling.optionsType = metadata.ProcessUnitOptions.NormalizationOptions
    scaling.options = metadata.NormalizationOptionsT()
    scaling.options.mean, scaling.options.std = [mean], [std]
    picture = metadata.TensorMetadataT()
    picture.name = "image"
    picture.processUnits = [scaling]
    picture.content = metadata.ContentT()
    picture.content.contentPropertiesType = metadata.ContentProperties.ImageProperties
    picture.content.contentProperties = metadata.ImagePropertiesT()
    picture.content.contentProperties.colorSpace = metadata.ColorSpaceType.RGB
    graph = metadata.SubGraphMetadataT()
    graph.inputTensorMetadata = [picture]

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
    outputs = []
    for number in model.subgraphs[0].outputs:
        output = metadata.TensorMetadataT()
        output.name = model.subgraphs[0].tensors[number].name
        outputs.append(output)
    graph.outputTensorMetadata = outputs
    description = metadata.ModelMetadataT()
    description.name = "BlazePose"
    description.subgraphMetadata = [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(description.Pack(builder), b"M001")

    buffer = schema.BufferT()
    buffer.data = list(builder.Output())
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name = "TFLITE_METADATA"
    entry.buffer = len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(network) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
