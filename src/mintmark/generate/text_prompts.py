"""The words with which `generate.rephrase` and `generate.extract` ask, with one worked example."""

from __future__ import annotations

_SAMPLE = (
    "Most of our bread is made with a starter, which we keep in the refrigerator and feed once a week. It goes back to a batch "
    "from 1998! Since wild yeast works slowly, a loaf takes about 18 hours from mixing to baking. Order by Thursday noon to get "
    "yours on Saturday."
)
STYLES: dict[str, tuple[str, str]] = {
    "wikipedia": (
        "Rewrite the text in plain, correct, encyclopaedic English, as in an article of Wikipedia.",
        "Most of the bakery's bread is leavened with a sourdough starter that dates from 1998. The starter is stored in a "
        "refrigerator and fed weekly. Because wild yeast ferments slowly, about 18 hours pass between mixing and baking. Orders "
        "placed by noon on Thursday are ready on Saturday.",
    ),
    "qa": (
        "Turn the text into questions and answers. Write each as a line that begins with `Question:` and a line that begins with "
        "`Answer:`.",
        "Question: How often is the bakery's starter fed?\nAnswer: It is kept in the refrigerator and fed once a week.\n"
        "Question: Why does a loaf take about 18 hours?\nAnswer: Wild yeast works slowly.",
    ),
    "easy": (
        "Rewrite the text in short sentences and simple words that a child understands.",
        "We make most of our bread with a starter. The starter lives in the refrigerator. We feed it once a week. It is from "
        "1998. Wild yeast is slow, so one loaf takes about 18 hours. If you order by Thursday noon, you get it on Saturday.",
    ),
    "hard": (
        "Rewrite the text in dense, scholarly English for experts, with exact and rare words.",
        "The bulk of production relies on a refrigerated leaven propagated weekly and descending from a 1998 culture; the "
        "sluggish metabolism of its wild yeast dictates an interval of some 18 hours between mixing and baking, so that orders "
        "received by noon on Thursday are fulfilled on Saturday.",
    ),
}
"""Style -> what the model is told, and the sample in that style."""
_FACTS = (
    "- The bakery makes most of its bread with a starter.\n- The bakery's starter is kept in the refrigerator and fed once a "
    "week.\n- The bakery's starter goes back to a batch from 1998.\n- Wild yeast works slowly, so that a loaf takes about 18 hours "
    "from mixing to baking."
)


def ask_rephrase(style: str, text: str) -> list[dict[str, str]]:
    """Return the messages that ask for a text in another style."""
    told, shown = STYLES[style]
    return _messages(f"{told} Keep every fact, add none, and reply with the new text alone.", shown, text)


def ask_facts(text: str) -> list[dict[str, str]]:
    """Return the messages that ask for the facts of a text."""
    system = (
        "You extract knowledge. List the facts of the text, each as one complete sentence on a line that begins with `- `. Every "
        "sentence must be understood by itself: name what it speaks of. Leave out advertising, navigation and opinions, and add "
        "nothing."
    )
    return _messages(system, _FACTS, text)


def _messages(system: str, shown: str, text: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": _SAMPLE},
        {"role": "assistant", "content": shown},
        {"role": "user", "content": text},
    ]
