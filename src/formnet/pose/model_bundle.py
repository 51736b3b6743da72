"""The BlazePose model as MediaPipe Tasks wants it, made from the two networks of an older wheel.

MediaPipe's wheels up to 0.10.21 carried the pose networks without the metadata that the Tasks API needs (how
to scale the picture). Adding it and zipping the two files gives a bundle that current MediaPipe loads.
The networks are Google's, licensed Apache-2.0.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from formnet.errors import InputError


@dataclass(frozen=True)
class _Network:
    in_wheel: str
    in_bundle: str
    sha256: str
    mean: float
    std: float


# The detector wants pixels in -1…1, the landmark network in 0…1: (pixel - mean) / std.
NETWORKS = (
    _Network(
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "pose_detector.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        127.5,
        127.5,
    ),
    _Network(
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "pose_landmarks_detector.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        0.0,
        255.0,
    ),
)
BUNDLE_MEMBERS = tuple(network.in_bundle for network in NETWORKS)


def build_bundle(wheel: Path) -> bytes:
    """The `.task` bundle, byte for byte the same for the same flatbuffers and MediaPipe release.

    Args:
        wheel: a MediaPipe wheel that carries the pose networks (0.10.21).

    Raises:
        InputError: when the wheel lacks a network or holds another one than the pinned.
    """
    bundle = io.BytesIO()
    # Stored, not deflated: MediaPipe maps the members straight from the file.
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as target:
        for network in NETWORKS:
            try:
                content = source.read(network.in_wheel)
            except KeyError:
                raise InputError(f"{wheel.name} holds no {network.in_wheel}; mediapipe 0.10.21 is needed") from None
            if (found := hashlib.sha256(content).hexdigest()) != network.sha256:
                raise InputError(
                    f"{network.in_wheel} has the SHA-256 {found}, not the pinned {network.sha256}; "
                    "the package index gave a changed file, so use another one"
                )
            member = zipfile.ZipInfo(network.in_bundle, date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # the same bytes on every system
            member.extra = _padding(bundle.tell() + _LOCAL_HEADER + len(network.in_bundle))
            target.writestr(member, _add_image_metadata(content, network.mean, network.std))
    return bundle.getvalue()


_LOCAL_HEADER = 30
_ALIGNMENT = 64


def _padding(offset: int) -> bytes:
    """A zip extra field after which the member's data, otherwise at `offset`, begins at a multiple of 64.

    The networks are used where they lie in memory; unaligned weights would be copied with a warning.
    """
    length = -(offset + 4) % _ALIGNMENT
    return b"\xff\xff" + length.to_bytes(2, "little") + bytes(length)


def is_bundle(path: Path) -> bool:
    """Whether a file looks like a pose bundle: a readable zip with the two networks, every checksum right."""
    try:
        with zipfile.ZipFile(path) as bundle:
            return set(BUNDLE_MEMBERS) <= set(bundle.namelist()) and bundle.testzip() is None
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError):
        return False


def _add_image_metadata(network: bytes, mean: float, std: float) -> bytes:
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
