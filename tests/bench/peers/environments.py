"""Virtual environments of the peers: made once, in a cache folder of the benchmarks, never among our dependencies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent
CHECKOUT = Path(__file__).parents[3]


def _our_torch() -> list[str]:
    """A peer that trains has the torch that we have, so that what is compared is not torch."""
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("torch==")]


PACKAGES = {
    "mlflow": ("mlflow>=3,<4", "psycopg2-binary"),
    "aim": ("aim>=3.29",),
    "trackio": ("trackio",),
    "torchdistill": ("torchdistill==1.1.5", "torchvision", *_our_torch()),
}


def python_of(peer: str) -> Path:
    """This will return the Python of a peer's environment, made where it is not there yet; it takes a minute."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mtkd-bench"
    folder, ready = root / peer, root / f"{peer}.ready"
    python = folder / "bin" / "python"
    wanted = json.dumps(PACKAGES[peer])
    if ready.exists() and ready.read_text() == wanted and python.exists():
        return python
    print(f"(installing {peer} into {folder})", file=sys.stderr, flush=True)
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[peer]]
    # Our own pins are not theirs.
    free = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    subprocess.run(command, check=True, env=free, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ready.write_text(wanted)
    return python


class Program:
    """A program inside a peer's environment that does one thing after the other, as it is told."""

    def __init__(self, peer: str, *, folder: Path, **environment: str) -> None:
        """This will start `of_PEER.py`; its output goes to a log in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{peer}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(python_of(peer)), str(PROGRAMS / f"of_{peer}.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env={**os.environ, **environment},
            )

    def ask(self, what: str, **details: Any) -> Any:
        """This will let the program do `what` and return its answer; one that ends instead raises RuntimeError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended: {self.log.read_text(errors='replace')[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def end(self) -> None:
        """This will end the program and what it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
