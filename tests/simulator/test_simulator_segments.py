"""The phone page counts a text's parts as the service does: the shared vectors hold both."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NODE = Path(sys.executable).parent / "node"

PROGRAM = """
import { readFileSync } from "node:fs";
import { plan } from "./simulator/page/segments.js";
const vectors = JSON.parse(readFileSync("tests/vectors/segments.json"));
console.log(JSON.stringify(vectors.map(({ text }) => plan(text))));
"""


def test_the_page_counts_as_the_service_counts():
    vectors = json.loads((ROOT / "tests/vectors/segments.json").read_text())
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", PROGRAM],
        cwd=ROOT, capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    counted = json.loads(done.stdout)
    wrong = [
        (vector["text"][:40], name, vector[name], count[name])
        for vector, count in zip(vectors, counted, strict=True)
        for name in ("encoding", "units", "parts")
        if vector[name] != count[name]
    ]
    assert wrong == []
