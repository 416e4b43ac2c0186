"""What calls cost: dollars from the price list or the recipe; an unknown price stays unknown."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from ..core.settings import ModelSpec

PriceOf = Callable[[int, int], float | None]
"""(tokens in, tokens out) -> US dollars, or None where no price is known."""


@dataclass(slots=True)
class Spent:
    """A sum of calls. `dollars` counts what is known; `unpriced` counts the calls whose price is not."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    unpriced: int = 0

    def add(self, tokens_in: int, tokens_out: int, dollars: float | None) -> None:
        """Count one call."""
        self.calls += 1
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        if dollars is None:
            self.unpriced += 1
        else:
            self.dollars += dollars

    def merge(self, other: Spent) -> None:
        """Count another sum's calls."""
        self.calls += other.calls
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.dollars += other.dollars
        self.unpriced += other.unpriced

    def since(self, before: Spent) -> Spent:
        """Return what was spent after `before`, a sum of the same calls."""
        return Spent(*(now - then for now, then in zip(self.as_list(), before.as_list(), strict=True)))  # type: ignore[arg-type]

    def as_list(self) -> list[float]:
        """Return the five numbers, for the wire."""
        return [self.calls, self.tokens_in, self.tokens_out, self.dollars, self.unpriced]

    @classmethod
    def from_list(cls, values: list[float]) -> Spent:
        """Return the sum that `as_list` wrote."""
        return cls(int(values[0]), int(values[1]), int(values[2]), values[3], int(values[4]))

    def words(self) -> str:
        """Return the dollars for a reader; an unknown price is said, never taken as zero.

        Example:
            >>> Spent(calls=2, unpriced=2).words()
            'price unknown'
        """
        if self.unpriced == self.calls and self.calls:
            return "price unknown"
        text = f"${self.dollars:.4f}" if self.dollars else "$0"
        return f"{text} + {self.unpriced} calls of unknown price" if self.unpriced else text


def price_of(spec: ModelSpec) -> PriceOf:
    """Return the price function of a recipe's model: its own `price`, zero for models on this machine, else the list's.

    Example:
        >>> price_of(ModelSpec(spec="local/smollm2"))(1000, 1000)
        0.0
    """
    if spec.price is not None:
        price = spec.price
        return lambda i, o: (i * price.input + o * price.output) / 1e6
    provider, _, name = spec.spec.partition("/")
    if provider in ("local", "embed", "sandbox", "scripted", "transformers", "vllm", "ollama"):
        return lambda i, o: 0.0
    if "://" in spec.spec:
        return lambda i, o: None

    def listed(tokens_in: int, tokens_out: int) -> float | None:
        import genai_prices

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = genai_prices.calc_price(
                    genai_prices.Usage(input_tokens=tokens_in, output_tokens=tokens_out), name, provider_id=provider
                )
        except (LookupError, ValueError):
            return None
        return float(found.total_price)

    return listed
