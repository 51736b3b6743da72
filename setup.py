"""Puts configs/ and checkpoints/ into the wheel as the packages `formnet.configs` and `formnet.checkpoints`.

Everything else stands in pyproject.toml; setuptools cannot map folders outside src/ from there while also
finding packages by itself.
"""

import warnings
from pathlib import Path

from setuptools import find_packages, setup

# setuptools warns on ten lines of every editable installation that a folder named like the package would hide it; no
# folder here is.
warnings.filterwarnings("ignore", message="Editable installation")


def with_subfolders(package: str, folder: str) -> dict[str, str]:
    """Package name → folder, for a folder of data and every folder in it that holds files."""
    root = Path(folder)
    inside = sorted(
        p for p in root.rglob("*") if p.is_dir() and not {"runs", "__pycache__"} & set(p.parts) and any(p.iterdir())
    )
    return {package: folder} | {".".join((package, *p.relative_to(root).parts)): str(p) for p in inside}


data_packages = with_subfolders("formnet.configs", "configs") | with_subfolders("formnet.checkpoints", "checkpoints")
setup(
    # A folder without code is a package to setuptools, which warns at length where it is not named as one.
    packages=[*find_packages("src"), "formnet.report.templates", *data_packages],
    package_dir={"": "src", **data_packages},
    package_data={"": ["*.yaml", "*.json", "*.safetensors", "*.md", "*.html", "*.css", "*.mp4", "*.npz", "py.typed"]},
)
