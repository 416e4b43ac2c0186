"""`mintmark trace`, `export`, `recipes`, `models`, the help, and how errors leave the console script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mintmark as mm
from mintmark import recipes
from mintmark.cli.main import app
from mintmark.core.call import Fault, Reply
from mintmark.core.errors import ModelError

SCRIPT = [sys.executable, "-c", "import sys; sys.argv[0] = 'mintmark'; from mintmark.cli.main import main; main()"]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(w) for w in words])


def shell(*words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SCRIPT, *map(str, words)], capture_output=True, text=True, timeout=60, **more)


def test_trace_draws_a_kept_row_to_its_source(cli: Callable[..., Any], made: Path) -> None:
    row = next(iter(mm.Run(made)))
    drawn = cli("trace", made, row["id"]).stdout
    for part in (
        f"{row['id']} kept · passed every step", row["answer"], "born at generate.prompt", " used\n",
        "source: otters.md:1 (characters 0 to 93)", "chat · writer (scripted/made)", "→ question, answer",
        "user: Ask about: # Otters", 'reply: {"question"', "and 1 call whose replies went elsewhere",
    ):  # fmt: skip
        assert part in drawn, part
    assert drawn.count("reply: ") == 1 and cli("trace", made, row["id"], "--full").stdout.count("reply: ") == 2


def test_trace_draws_dropped_failed_and_used_rows(cli: Callable[..., Any], made: Path) -> None:
    run = mm.Run(made)
    dropped = cli("trace", made, run.dropped("curate.length")["id"][0]).stdout
    assert "dropped · at curate.length: too_short" in dropped and 'detail: {"words":1}' in dropped
    failed = cli("trace", made, run.dropped("generate.prompt")["id"][0]).stdout
    assert "failed · at generate.prompt: http_400" in failed and "fault: http_400: refused" in failed
    used = cli("trace", made, run.used["id"][0]).stdout
    assert "bore 2 rows" in used


def test_trace_lists_several_rows(cli: Callable[..., Any], made: Path) -> None:
    listed = cli("trace", made, "otters sleep", "--limit", "2")
    assert listed.exit_code == 0 and "3 rows fit, 2 shown; name one: mintmark trace" in listed.stdout
    assert "no row has this id or text" in cli("trace", made, "zebra").stderr


def test_trace_as_json(cli: Callable[..., Any], made: Path) -> None:
    row = next(iter(mm.Run(made)))
    told = json.loads(cli("trace", made, row["id"], "--json").stdout)["row"]
    assert told["id"] == row["id"] and told["parents"][0]["calls"][0]["request"]["seed"]
    assert told["parents"][0]["source"]["path"] == "otters.md"
    assert len(json.loads(cli("trace", made, "otters sleep", "--json").stdout)["hits"]) == 3


def test_export_writes_a_file_or_stdout(cli: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    done = cli("export", made, "--format", "messages")
    assert done.exit_code == 0 and done.stderr == "4 rows in run.messages.jsonl\n" and done.stdout == ""
    assert len((tmp_path / "run.messages.jsonl").read_text().splitlines()) == 4
    assert cli("export", made, "--format", "messages").exit_code == 1
    assert cli("export", made, "--format", "messages", "--overwrite").exit_code == 0
    lines = cli("export", made, "-f", "alpaca", "-o", "-", "--map", "question=title", "--map", "answer=heading").stdout
    assert json.loads(lines.splitlines()[0]) == {"instruction": "Otters", "input": "", "output": "Otters"}


def test_export_explains_a_wrong_map(cli: Callable[..., Any], made: Path) -> None:
    assert cli("export", made, "-f", "alpaca", "--map", "question").exit_code == 2
    assert (
        "there is no column `titel`; did you mean"
        not in cli("export", made, "-f", "alpaca", "--map", "question=titel").stdout
    )
    assert "did you mean `title`?" in cli("export", made, "-f", "alpaca", "--map", "question=titel").stderr


def test_recipes_are_listed_by_family_with_their_references(cli: Callable[..., Any]) -> None:
    listed = cli("recipes", "list").stdout
    lines = listed.splitlines()
    heads = [line for line in lines if line and line[0] != " "]
    assert heads == [f for f in recipes.FAMILIES if f in heads] and len(heads) == len(set(heads))
    for name in recipes.names():
        one = recipes.get(name)
        assert one.family in recipes.FAMILIES and one.title in listed
        assert all(r in listed for r in one.references) and one.references
        place = next(i for i, line in enumerate(lines) if line.startswith(f"  {name} "))
        assert [line for line in lines[:place] if line[:1] != " "][-1] == one.family


@pytest.mark.parametrize(
    "words",
    [["alberti"], ["ROUNDTRIP", "consistency"], ["1906.05416"], ["grounded qa"], ["generate.grounded_qa"], ["Älberti"]],
)
def test_a_recipe_is_found_by_its_paper(cli: Callable[..., Any], words: list[str]) -> None:
    found = cli("recipes", "list", *words).stdout
    assert found.splitlines()[0] == "questions" and "  grounded-qa  " in found and "Brown" not in found


def test_a_recipe_that_there_is_none_of_is_not_found(cli: Callable[..., Any]) -> None:
    nothing = cli("recipes", "list", "albertti")
    assert nothing.exit_code == 1 and "no built-in recipe fits `albertti`; did you mean `Alberti`?" in nothing.stderr
    assert cli("recipes", "list", "alberti", "brown").exit_code == 1, "every word must fit"


def test_recipes_are_shown_and_copied(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert cli("recipes", "show", "grounded-qa").stdout == recipes.get("grounded-qa").text
    assert cli("recipes", "new", "prompt").exit_code == 0
    assert (tmp_path / "prompt.yaml").read_text() == recipes.get("prompt").text
    refused = cli("recipes", "new", "grounded-qa", "prompt.yaml")
    assert refused.exit_code == 1 and "is there already" in refused.stderr
    assert (tmp_path / "prompt.yaml").read_text() == recipes.get("prompt").text
    assert "did you mean `prompt`?" in cli("recipes", "show", "promt").stderr
    assert "cannot be written" in cli("recipes", "new", "prompt", "no/such/folder.yaml").stderr


def test_the_files_that_a_recipe_reads_are_copied_with_it(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "built_in"
    (own / "laws").mkdir(parents=True)
    (own / "laws" / "principles.yaml").write_text("be kind")
    (own / "laws" / "tree" / "branch").mkdir(parents=True)
    (own / "laws" / "tree" / "branch" / "leaf.yaml").write_text("green")
    head = "# title: Laws\n# family: alignment\n# reference: A\n"
    (own / "laws.yaml").write_text(f"{head}source: {{files: {{path: principles.yaml}}}}\n")
    monkeypatch.setattr(recipes, "_folder", lambda: own)
    done = cli("recipes", "new", "laws", "mine.yaml")
    assert done.stdout.startswith("mine.yaml and principles.yaml and tree written")
    assert (tmp_path / "principles.yaml").read_text() == "be kind"
    assert (tmp_path / "tree" / "branch" / "leaf.yaml").read_text() == "green"
    assert cli("recipes", "new", "laws", "again.yaml").exit_code == 0, "the same file may be there"
    (tmp_path / "principles.yaml").write_text("mine")
    refused = cli("recipes", "new", "laws", "third.yaml")
    assert "principles.yaml: is there already" in refused.stderr and not (tmp_path / "third.yaml").exists()
    assert (tmp_path / "principles.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", recipes.names())
def test_built_in_recipes_mean_something(name: str) -> None:
    recipe = mm.Recipe.from_yaml(recipes.get(name).text)
    recipe.check_columns()
    assert mm.Recipe.from_yaml(recipe.to_yaml()) == recipe


@pytest.fixture
def answering() -> Iterator[None]:
    def script(request: Any) -> Any:
        said = request.body["messages"]
        if "fail" in said[-1]["content"]:
            return Fault("http_401", "no key")
        return Reply(text=f"{len(said)} \x1b[31mred", tokens_in=5, tokens_out=7, finish="length")

    with mm.scripted("try", script):
        yield


def test_models_try_asks_once(cli: Callable[..., Any], answering: None) -> None:
    told = cli("models", "try", "scripted/try", "Hello", "--system", "Be brief.", "--temperature", "0.1")
    assert told.exit_code == 0 and told.stdout == "2 ␛[31mred\n"
    assert "5 tokens in, 7 out" in told.stderr and "cut off" in told.stderr
    failed = cli("models", "try", "scripted/try", "fail")
    assert failed.exit_code == 1 and "http_401" in failed.stderr
    assert "did you mean" in cli("models", "try", "opnai/x", "Hello").stderr


def test_models_pull_says_where_the_weights_are(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mintmark.models import weights

    asked = []

    def pull(name: str) -> weights.Pulled:
        asked.append(name)
        return weights.Pulled(tmp_path / "m.gguf", fetched=len(asked) == 1)

    monkeypatch.setattr(weights, "pull", pull)
    assert cli("models", "pull", "smollm2").stdout == f"local/smollm2 is ready: {tmp_path}/m.gguf\n"
    assert "is ready already" in cli("models", "pull", "local/smollm2").stdout
    assert asked == ["smollm2", "smollm2"]
    assert "did you mean `smollm2`?" in cli("models", "pull", "smolm2").stderr and len(asked) == 2


def test_models_pull_takes_a_file_and_refuses_an_imitation(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    (tmp_path / "qwen.gguf").write_bytes(b"GGUF and more")
    stated = "0efa1e2a24b3b6b6c7bb1a4b3eebe0ff"
    wrong = cli("models", "pull", "./qwen.gguf", "--sha256", stated)
    assert wrong.exit_code == 1 and "SHA-256 differs" in wrong.stderr
    assert cli("models", "pull", "./qwen.gguf").stdout.startswith("local/qwen.gguf is ready: ")
    assert "is ready already" in cli("models", "pull", "local/qwen.gguf").stdout
    for name in ("sm0llm2.gguf", "sm\u043ellm2.gguf", "SmolLM2-135M-lnstruct.Q4_1.gguf"):
        (tmp_path / name).write_bytes(b"GGUF and more")
        refused = cli("models", "pull", name)
        assert refused.exit_code == 1 and "imitates the name of local/smollm2" in refused.stderr, name
    assert "imitates the name of local/smollm2" in cli("models", "pull", "sm\u043ellm2").stderr
    assert "is pinned to another SHA-256" in cli("models", "pull", "smollm2", "--sha256", "00").stderr


def test_models_pull_takes_a_folder(cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name in ("repo", "smollm2"):
        (tmp_path / name).mkdir()
        for file in ("one.Q4.gguf", "one.Q8.gguf"):
            (tmp_path / name / file).write_bytes(b"GGUF and more " + file.encode())
    assert (
        "allowed: one.Q4.gguf (0 MB), one.Q8.gguf (0 MB); name one with --file" in cli("models", "pull", "repo").stderr
    )
    pulled = cli("models", "pull", str(tmp_path / "repo"), "--file", "one.Q8.gguf")
    assert pulled.stdout == f"local/one.Q8.gguf is ready: {tmp_path}/home/models/files/one.Q8.gguf\n"
    for words, said in (
        (("repo", "--revision", "main"), "a folder has no --revision, got 'main'"),
        (("repo/one.Q4.gguf", "--file", "x.gguf"), "a file has no --file"),
        (("smollm2", "--file", "one.Q4.gguf"), "a known model has no --file"),
    ):
        refused = cli("models", "pull", *words)
        assert refused.exit_code == 1 and said in refused.stderr, words


@pytest.mark.parametrize(
    ("repo", "meant"), [("HuggingFaceTB/SmoILM2-135M-GGUF", "smollm2"), ("bart0wski/Llama-3-GGUF", "bartowski")]
)
def test_models_pull_refuses_a_repository_that_imitates(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, repo: str, meant: str
) -> None:
    from mintmark.models import hub

    asked = []

    def pull_repository(name: str, **_: object) -> None:
        asked.append(name)
        raise ModelError("was asked for")

    monkeypatch.setattr(hub, "pull_repository", pull_repository)
    refused = cli("models", "pull", repo)
    assert refused.exit_code == 1 and f"imitates the name `{meant}`" in refused.stderr and not asked
    assert "was asked for" in cli("models", "pull", repo, "--sha256", "0" * 64).stderr and asked == [repo]


def test_models_list_names_every_provider(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from mintmark.models.spec import PROVIDERS

    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    listed = cli("models", "list").stdout
    for name in (*(f"{p}/NAME" for p in PROVIDERS), "local/smollm2", "embed/tfidf", "http://HOST/v1#NAME"):
        assert name in listed
    assert "sk-secret" not in listed and "key is set (OPENAI_API_KEY)" in listed and "needs MISTRAL_API_KEY" in listed


def test_help_teaches_with_an_example_for_every_command() -> None:
    shown = shell("--help")
    assert shown.returncode == 0 and "mintmark recipes new grounded-qa faq.yaml" in shown.stdout
    for command in ("run", "show", "trace", "replay", "verify", "export"):
        help_text = CliRunner().invoke(app, [command, "--help"]).stdout
        assert f"mintmark {command} " in help_text.split("Example")[1], command


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from mintmark.cli.main import app\n"
        "try: app(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pyarrow', 'numpy', 'duckdb', 'aiohttp', 'jinja2', 'mintmark.core.recipe'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_version_and_wrong_options(cli: Callable[..., Any]) -> None:
    assert cli("--version").stdout.startswith("mintmark ")
    as_module = subprocess.run([sys.executable, "-m", "mintmark", "--version"], capture_output=True, text=True)
    assert as_module.returncode == 0 and as_module.stdout == cli("--version").stdout
    assert (
        cli("run").exit_code == 2 and cli("nothing").exit_code == 2 and cli("trace", "x", "y", "--nope").exit_code == 2
    )


def test_a_mistake_prints_one_line_and_no_traceback(tmp_path: Path) -> None:
    wrong = shell("run", tmp_path / "no.yaml")
    assert (wrong.returncode, wrong.stdout) == (1, "") and wrong.stderr.startswith("error: ")
    assert "Traceback" not in wrong.stderr


def test_a_reader_that_leaves_early_is_no_error(made: Path) -> None:
    command = " ".join(f"'{w}'" if " " in w else w for w in SCRIPT[:1]) + f' -c "{SCRIPT[2]}" recipes schema'
    piped = subprocess.run(["bash", "-c", f"{command} | head -c 10"], capture_output=True, text=True, timeout=60)
    assert len(piped.stdout) == 10 and piped.stderr == ""


def test_a_bug_shows_its_traceback_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mintmark.cli import main as console

    def broken() -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(console, "app", broken)
    with pytest.raises(SystemExit) as e:
        console.main()
    err = capsys.readouterr().err
    assert e.value.code == 70 and "ZeroDivisionError: inside" in err and "please report it" in err
