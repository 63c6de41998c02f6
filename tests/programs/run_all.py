"""Run the programs in `written`, and write down what each of them found, as plain Python data.

    python run_all.py OUT [--as PACKAGE] [NAME ...]

`--as lwfast` runs each program with `lwfast` in the place of `lightworks` in its imports. A program keeps
what it found in `exact`, `close` (pairs of a value and a tolerance) and `sampled` (counts).
"""

import argparse
import pickle
import re
import sys
import time
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

WRITTEN = Path(__file__).resolve().parent / "written"
_IMPORT = re.compile(r"^((?:from|import) )lightworks\b", re.MULTILINE)


def programs():
    """The name of each program."""
    return sorted(path.stem for path in WRITTEN.glob("*.py"))


def run(name, package):
    """What a program found, how long it took, and what it stopped with."""
    import matplotlib.pyplot as plt

    path = WRITTEN / f"{name}.py"
    text = _IMPORT.sub(rf"\1{package}", path.read_text(encoding="utf-8"))
    names = {"__name__": "__main__", "__file__": str(path)}
    began, error = time.process_time(), None
    try:
        exec(compile(text, str(path), "exec"), names)
    except Exception:
        error = traceback.format_exc()
    plt.close("all")
    if "lw" in names:
        names["lw"].settings.sampler_probability_threshold = 1e-9  # as it was: others follow
    found = {kind: plain(names.get(kind, {})) for kind in ("exact", "close", "sampled")}
    home = names["lw"].__name__ if "lw" in names else None
    return {**found, "error": error, "seconds": time.process_time() - began, "package": home}


def plain(value):
    """The same as numbers, text, lists, dicts and arrays."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return np.array(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value if isinstance(value, int | float | complex | str) else str(value)


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--as", dest="package", default="lightworks")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # no screen: nothing is shown
    found = {name: run(name, arguments.package) for name in arguments.names or programs()}
    found["modules"] = sorted(m for m in sys.modules if m.partition(".")[0] in {"lightworks", "lwfast"})
    Path(arguments.out).write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main()
