"""`make layer`: makes the zips of the layers with what the functions' zip has no room for, and checks their sizes.

A layer is for some functions and contracts: one reads Parquet, the other runs transforms. What reads no Parquet is left
out of pyarrow: clouds, Flight, Substrait, headers, tests.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.bundle.package import MIB, UNZIPPED_LIMIT, ZIP_LIMIT
from deploy.bundle.project import BUILD
from deploy.bundle.started import bare, runs_here
from deploy.bundle.vendor import PLATFORMS, PackageError, compiled, install, prune, vendor
from deploy.stack import DeployError
from deploy.stage import ROOT


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer with one package."""

    name: str
    """Also that of its lock in requirements/."""
    package: str
    unused: tuple[str, ...] = ()
    """Patterns of what is left out of the package, besides what `vendor.prune` removes.

    Lambda's copy of a link is a whole file.
    """
    trial: str
    """A script that uses what is left."""


PARQUET = Layer(
    name="parquet",
    package="pyarrow",
    unused=(
        *("include", "src", "includes", "*.pxi"),
        *("libarrow_flight*", "libarrow_s3*", "libarrow_python_flight*", "libarrow_python_parquet_encryption*"),
        *("_flight*", "_substrait*", "_orc*", "_s3fs*", "_gcsfs*", "_azurefs*", "_hdfs*", "_cuda*", "_dataset_orc*"),
        *("_parquet_encryption*", "_dataset_parquet_encryption*", "_pyarrow_cpp_tests*", "flight.py", "cuda.py"),
        *("libarrow_python.so", "libarrow_python.so.*.*"),
    ),
    trial="""
import io, pyarrow as pa, pyarrow.parquet as pq
out = io.BytesIO(); pq.write_table(pa.table({"n": [1, None], "l": [[1], None]}), out, compression="zstd")
assert pq.read_table(out, use_threads=False).to_pylist() == [{"n": 1, "l": [1]}, {"n": None, "l": None}]
""",
)
TRANSFORMS = Layer(
    name="transforms",
    package="pandas",
    trial="""
import pandas as pd
frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "t": pd.Series(["2026-01-31", None], dtype="datetime64[us]")})
assert frame[frame.n.notna()].t.dt.strftime("%Y").tolist() == ["2026"]
""",
)
LAYERS = (PARQUET, TRANSFORMS)
PATHS = "import sys\nsys.path[:0] = sys.argv[1:]\n"
"""What a trial starts with."""


def layers(architecture: str) -> list[Path]:
    """Make the zip of each layer. Raises PackageError, also if a function has no room for all of them."""
    functions = vendor(architecture, BUILD)
    made = [_made(layer, architecture) for layer in LAYERS]
    if runs_here(architecture):
        for layer, directory in zip(LAYERS, made, strict=True):
            tried(directory / "python", functions, layer)
    archives = [
        Path(shutil.make_archive(str(BUILD / f"{layer.name}-layer-{architecture}"), "zip", directory))
        for layer, directory in zip(LAYERS, made, strict=True)
    ]
    sizes = [(archive.stat().st_size, size_of(directory)) for archive, directory in zip(archives, made, strict=True)]
    measured(sizes, size_of(functions))
    return archives


def _made(layer: Layer, architecture: str) -> Path:
    made = BUILD / f"layer-{layer.name}-{architecture}"
    shutil.rmtree(made, ignore_errors=True)
    install(ROOT / f"requirements/{layer.name}.txt", architecture, made / "python")
    prune(made / "python", unused(made / "python", layer))
    compiled(made / "python")
    return made


def unused(directory: Path, layer: Layer) -> Iterator[Path]:
    """Yield what a layer does not need of its package."""
    for pattern in layer.unused:
        yield from (directory / layer.package).glob(pattern)


def tried(place: Path, functions: Path, layer: Layer) -> None:
    """Run the trial with the layer and the functions' imports alone. Raises PackageError."""
    try:
        bare(f"{PATHS}{layer.trial}print()", str(place), str(functions))
    except PackageError as error:
        raise PackageError(f"the layer {layer.name} does not do its work: {error}") from None


def size_of(directory: Path) -> int:
    return sum(found.stat().st_size for found in directory.rglob("*") if found.is_file())


def measured(sizes: list[tuple[int, int]], functions: int) -> None:
    """Print the sizes. Raises PackageError beyond Lambda's limits, which hold for the functions' zip and all layers.

    `sizes` has the bytes of each layer, zipped and unzipped.
    """
    for layer, (zipped, unzipped) in zip(LAYERS, sizes, strict=True):
        print(f"layer {layer.name}: {zipped / MIB:.1f} MiB zipped, {unzipped / MIB:.1f} MiB unzipped")
    whole = functions + sum(unzipped for _, unzipped in sizes)
    print(f"all with the functions' imports: {whole / MIB:.1f} of {UNZIPPED_LIMIT // MIB} MiB unzipped")
    if max(zipped for zipped, _ in sizes) > ZIP_LIMIT or whole > UNZIPPED_LIMIT:
        raise PackageError("the layers are beyond Lambda's limits; leave out more (deploy/bundle/layer.py)")


def main(arguments: list[str] | None = None) -> int:
    """Make the layers' zips, and print where they are."""
    parser = argparse.ArgumentParser(prog="make layer")
    parser.add_argument("--architecture", choices=PLATFORMS, default="x86_64")
    try:
        print(*layers(parser.parse_args(arguments).architecture), sep="\n")
    except (PackageError, DeployError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
