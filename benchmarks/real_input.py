"""The main job on real input: grounded questions over two documentation sets, 200 kept rows, 50 of them for reading.

    python benchmarks/real_input.py --data ../shared/data --out runs/real-input

Writes `real_input_sample.jsonl` beside itself: 50 rows drawn by seed from the kept ones, to be read by somebody. The
reader's verdicts stand in `real_input_verdicts.jsonl` (id, verdict, why); the second call, with `--summary`, counts
them with an interval.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter
from pathlib import Path

from mintmark.api import Recipe, Run
from mintmark.core.estimate import proportion

HERE = Path(__file__).parent
RECIPE = """
name: Questions about Python enhancement proposals, httpx and datasette
rows: {rows}
seed: 1
shuffle: {shuffle}
models: {{writer: local/smollm2}}
source:
  documents:
    path: [{data}/docs_peps, {data}/docs_markdown]
    chunk_tokens: 250
    exclude: ["*SOURCE.txt", "*LICENSE*", "*changelog*", "*CHANGELOG*", "*.github*", "*code_of_conduct*"]
steps:
  - generate.grounded_qa: {{model: writer, per_chunk: 1}}
  - curate.grounding: {{min_gain: 0.5, min_question_gain: {gain}}}
  - curate.minhash: {{on: question, threshold: 0.8}}
"""


def main() -> None:
    """Run the recipe, print the waterfall, write the sample."""
    args = arguments()
    if args.summary:
        summary(HERE / args.sample.replace("sample", "verdicts"))
        return
    data = Path(args.data).resolve()
    recipe = Recipe.from_yaml(
        RECIPE.format(
            data=data.as_posix(), gain=args.min_question_gain, rows=args.rows, shuffle=str(args.shuffle).lower()
        )
    )
    began = time.perf_counter()
    run = recipe.run(args.out, overwrite=True)
    seconds = time.perf_counter() - began
    content = run.manifest["content"]
    print(f"\n{len(run)} rows kept of {content['taken']} chunks in {seconds:.0f} s, {content['calls']['count']} calls")
    for step in content["waterfall"]:
        print(
            f"  {step['step']}: kept {step['kept']}, dropped {step['dropped']}, failed {step['failed']}  {step['reasons']}"
        )
    rows = list(Run(args.out))
    sample = random.Random(0).sample(rows, min(50, len(rows)))
    with (HERE / args.sample).open("w", encoding="utf-8") as f:
        for row in sample:
            keep = ("id", "path", "heading", "question", "answer", "grounding_gain", "question_gain", "lexical_support")
            f.write(json.dumps({k: row[k] for k in keep}, ensure_ascii=False) + "\n")


def summary(path: Path) -> None:
    """Count the verdicts that a reader gave."""
    verdicts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    counts = Counter(v["verdict"] for v in verdicts)
    n = len(verdicts)
    for name, count in counts.most_common():
        print(f"{name}: {count} of {n}, {proportion(count, n)}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("MINTMARK_DATA", "../shared/data"))
    parser.add_argument("--out", default="runs/real-input")
    parser.add_argument("--min-question-gain", type=float, default=0.1)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--shuffle", action="store_true", help="rows from all over both sets, not in the files' order")
    parser.add_argument("--sample", default="real_input_sample.jsonl")
    parser.add_argument("--summary", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
