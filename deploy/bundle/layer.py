"""`make layer`: makes the zip of the layer with which a function reads Parquet, and checks its size.

pyarrow does not fit into the functions' zip. Its parts that read no Parquet are left out: clouds, Flight, Substrait,
headers, tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.bundle.package import MIB, UNZIPPED_LIMIT, ZIP_LIMIT
from deploy.bundle.project import BUILD
from deploy.bundle.started import runs_here
from deploy.bundle.vendor import PLATFORMS, PackageError, compiled, install, vendor
from deploy.stack import DeployError
from deploy.stage import ROOT

UNUSED = (
    *("include", "src", "tests", "includes", "*.pxi", "*.pxd", "*.pyx", "*.h", "__pycache__"),
    *("libarrow_flight*", "libarrow_s3*", "libarrow_python_flight*", "libarrow_python_parquet_encryption*"),
    *("_flight*", "_substrait*", "_orc*", "_s3fs*", "_gcsfs*", "_azurefs*", "_hdfs*", "_cuda*", "_dataset_orc*"),
    *("_parquet_encryption*", "_dataset_parquet_encryption*", "_pyarrow_cpp_tests*", "flight.py", "cuda.py"),
    *("libarrow_python.so", "libarrow_python.so.*.*"),
)
"""What is left out of pyarrow. Lambda's copy of a link is a whole file."""
TRIAL = """
import io, pyarrow as pa, pyarrow.parquet as pq
out = io.BytesIO(); pq.write_table(pa.table({"n": [1, None], "l": [[1], None]}), out, compression="zstd")
assert pq.read_table(out).to_pylist() == [{"n": 1, "l": [1]}, {"n": None, "l": None}]
"""


def layer(architecture: str) -> Path:
    """Make the layer's zip. Raises PackageError."""
    made = BUILD / f"layer-{architecture}"
    shutil.rmtree(made, ignore_errors=True)
    install(ROOT / "requirements/parquet.txt", architecture, made / "python")
    prune(made / "python")
    compiled(made / "python")
    functions = vendor(architecture, BUILD)
    if runs_here(architecture):
        tried(made / "python", functions)
    archive = Path(shutil.make_archive(str(BUILD / f"parquet-layer-{architecture}"), "zip", made))
    measured(archive.stat().st_size, size_of(made), size_of(functions))
    return archive


def prune(directory: Path) -> None:
    """Remove what reads no Parquet."""
    shutil.rmtree(directory / "bin", ignore_errors=True)
    for pattern in UNUSED:
        for found in (directory / "pyarrow").glob(pattern):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def tried(layer_: Path, functions: Path) -> None:
    """Read a file in a process of its own, with the layer and the functions' imports alone. Raises PackageError."""
    around = {**os.environ, "PYTHONPATH": f"{layer_}:{functions}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603  # nosec B603
        [sys.executable, "-S", "-c", TRIAL], env=around, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackageError(f"the layer does not read Parquet:\n{done.stderr}")


def size_of(directory: Path) -> int:
    return sum(found.stat().st_size for found in directory.rglob("*") if found.is_file())


def measured(zipped: int, unzipped: int, functions: int) -> None:
    """Print the sizes. Raises PackageError beyond Lambda's limits, which hold for the functions' zip and layers."""
    print(f"layer: {zipped / MIB:.1f} MiB zipped, {unzipped / MIB:.1f} MiB unzipped")
    print(f"with the functions' imports: {(unzipped + functions) / MIB:.1f} of {UNZIPPED_LIMIT // MIB} MiB unzipped")
    if zipped > ZIP_LIMIT or unzipped + functions > UNZIPPED_LIMIT:
        raise PackageError("the layer is beyond Lambda's limits; leave out more of pyarrow (deploy/bundle/layer.py)")


def main(arguments: list[str] | None = None) -> int:
    """Make the layer's zip, and print where it is."""
    parser = argparse.ArgumentParser(prog="make layer")
    parser.add_argument("--architecture", choices=PLATFORMS, default="x86_64")
    try:
        print(layer(parser.parse_args(arguments).architecture))
    except (PackageError, DeployError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
