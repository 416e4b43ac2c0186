"""report.html, report.md and the figures: whole, safe, small, and the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.evaluation.report_findings import claims, estimate, report

from mintmark.core.finding import Exhibit, Figure, Finding
from mintmark.evaluation.claim import needs, settle
from mintmark.evaluation.figures import bars, points
from mintmark.evaluation.report import Examined, Point, Report, to_html, to_markdown, write_report
from mintmark.evaluation.report.figures_static import sized
from mintmark.evaluation.report.markdown import fenced, safe
from mintmark.evaluation.report.svg import inline
from mintmark.evaluation.report.theme import SERIES

VOID = {"meta", "link", "br", "hr", "img", "input"}
ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'</div></details>&amp;]]>-->"


class Page(HTMLParser):
    """What a page holds, and whether every element that opens closes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def full() -> str:
    return to_html(report())


def bare(*findings: Finding, **more: object) -> Report:
    return Report(title="Bare", examined=Examined(rows=3), findings=findings, **more)  # type: ignore[arg-type]


def test_every_part_is_there_and_every_link_leads_somewhere(full: str) -> None:
    page = Page(full)
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    targets = [a["href"] for a in page.all("a") + page.all("use")]
    assert targets and all(t and t.startswith("#") and t[1:] in ids for t in targets)
    for part in ("verdict", "summary", "matrix", "examined", "evidence", "risks", "benefits", "questions", "facts", "removed", "map",
                 "conclusions", "references"):  # fmt: skip
        assert part in ids
    assert page.text.index("3 risks: C2ST AUC") < page.text.index("Executive summary") < page.text.rindex("References")
    assert len(page.all("details")) >= len(report().findings)
    assert page.all("main") and page.all("nav") and page.all("html")[0]["lang"] == "en"


def test_a_claim_folds_out_to_all_that_it_rests_on(full: str) -> None:
    text = Page(full).text
    for part in ("0.930 [0.918,\u00a00.942]", "real rows against real rows", "0.003 after Holm's correction", "Score 0.99",
                 "Lopez-Paz and Oquab 2017", "mintmark evaluate runs/faq", "fidelity.c2st_auc", "Scores of the critic",
                 "gives 0.973 on human"):  # fmt: skip
        assert part in text, part


def test_nothing_outside_is_asked_for(full: str) -> None:
    page = Page(full)
    asked = [a.get(k) for _, a in page.elements for k in ("src", "srcset", "data", "action", "poster") if k in a]
    assert asked == [] and not page.all("link") and not page.all("iframe")
    assert not re.findall(r"(?:href|src|url\()\W{0,2}(?:https?:)?//", full)
    assert not any(name.startswith("on") or name == "style" for _, a in page.elements for name in a)


def test_the_policy_admits_the_pages_own_script_and_style_alone(full: str) -> None:
    (policy,) = [a["content"] or "" for a in Page(full).all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", full, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_data_never_become_elements() -> None:
    figure = points(
        ATTACK,
        [{"x": 0.0, "y": 1.0, "series": ATTACK, "text": ATTACK}, {"x": 1.0, "y": 0.0, "series": "b", "text": ""}],
        caption=ATTACK,
    )
    finding = Finding(
        aspect=ATTACK, metric=ATTACK, claim=ATTACK, estimate=estimate(1, 1), null=estimate(0, 1), null_means=ATTACK, p=0.5,
        evidence=(Exhibit(text=ATTACK, id=ATTACK, note=ATTACK, other=ATTACK, other_id=ATTACK),), figure=figure, method=ATTACK,
        reference=ATTACK, command=ATTACK, details={ATTACK: ATTACK, "x": {ATTACK: [ATTACK]}},
    )  # fmt: skip
    one = Report(
        title=ATTACK, examined=Examined(rows=1, data=ATTACK, columns=(ATTACK,), models=(ATTACK,), notes=(ATTACK,)),
        findings=(finding, finding, needs(ATTACK, ATTACK, ATTACK, ATTACK)),
        points=(Point(x=0, y=0, series=ATTACK, text=ATTACK, id=ATTACK), Point(x=1, y=1, series="b", text="</script>")),
        points_caption=ATTACK, checked={finding.name: ATTACK},
    )  # fmt: skip
    text = to_html(one)
    page = Page(text)
    assert "alert('x')" in page.text
    assert len(page.all("script")) == 2 and not page.all("img")
    assert not any(name.startswith("on") for _, a in page.elements for name in a)
    markdown = to_markdown(one)
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    assert "alert('x')" in markdown
    assert not re.findall(r"(?<!\\)<[a-z/!]", re.sub(r"(`+).*?\1", "", outside), re.IGNORECASE)


@pytest.mark.parametrize(
    "findings", [(), (needs("bias", "pmi", "a reference", "Not known."),)], ids=["none", "question"]
)
def test_little_gives_a_whole_page(findings: tuple[Finding, ...]) -> None:
    page = Page(to_html(bare(*findings)))
    assert "Nothing" in page.text
    assert "No risk" not in page.text and page.text.count("Nothing could be judged") >= 4
    assert to_markdown(bare(*findings)).startswith("# Bare\n\n**Nothing")


def heavy(count: int, figures: int = 0) -> list[Finding]:
    """Findings as large as the contract lets them be, in a script of three bytes a sign."""
    rows = [
        {"x": i * 0.123456789, "y": (i * 7919 % 1000) / 7, "series": "ab"[i % 2], "text": "语" * 100}
        for i in range(300)
    ]
    found = settle(claims())[:3]
    for i in range(count - 3):
        figure = points(f"Map {i}", [{**r, "x": r["x"] + i} for r in rows]) if i < figures else None
        evidence = tuple(
            Exhibit(text="语料" * 1000, id=f"{i}-{j}" * 50, other="语料库" * 1000, other_id="x") for j in range(5)
        )
        found.append(
            found[i % 3].model_copy(
                update={"metric": f"m{i}", "figure": figure, "evidence": evidence, "details": {"k" * 50: [i] * 500}}
            )
        )
    return found


@pytest.mark.parametrize(("count", "figures"), [(100, 40), (300, 0)], ids=["100 with 40 figures", "300"])
def test_a_page_stays_under_three_megabytes(count: int, figures: int) -> None:
    one = bare(
        *heavy(count, figures),
        points=tuple(Point(x=i, y=i % 7, series="data", text="语" * 300, id=str(i)) for i in range(5000)),
    )
    text = to_html(one)
    assert len(text.encode()) < 3_000_000
    page = Page(text)
    assert len([a for a in page.all("details") if "claim" in (a["class"] or "")]) == count
    assert "of 5,000 rows are drawn" in page.text


def test_what_is_left_out_is_said() -> None:
    text = to_html(bare(*heavy(1700)), figures=False)
    assert len(text.encode()) < 3_000_000
    assert re.search(r"[\d,]+ more claims are in report.json", text)


def test_the_same_figure_is_drawn_once() -> None:
    figure = points(
        "Twice", [{"x": 0.0, "y": 1.0, "series": "a", "text": ""}, {"x": 1.0, "y": 1.0, "series": "b", "text": ""}]
    )
    one, two = (
        Finding(aspect="fidelity", metric=m, claim="A map.", kind="fact", figure=figure) for m in ("one", "two")
    )
    text = to_html(bare(one, two))
    assert text.count('class="drawing"') == 1
    assert "The same figure stands at Fidelity, One." in text


def test_a_figure_that_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    broken = Figure(title="Broken", spec={"mark": "nonsense", "data": {"values": []}})
    outside = Figure(
        title="Outside",
        spec={"mark": "point", "data": {"url": "http://example.org/x.csv"}, "encoding": {"x": {"field": "a"}}},
    )
    findings = [
        Finding(aspect="bias", metric=f.title.lower(), claim="It is.", kind="fact", figure=f) for f in (broken, outside)
    ]
    text = to_html(bare(*findings))
    assert text.count("could not be drawn") == 2
    written = write_report(bare(*findings), tmp_path)
    assert not [p for p in written if p.name.startswith("bias")]


def test_an_svg_loses_what_a_page_must_not_run() -> None:
    bad = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><style>*{}</style>'
        '<a href="http://x"><text>t</text></a>'
        '<foreignObject/><image href="http://x"/><g><clipPath id="c"><path d="M0,0h9v9Z"/></clipPath>'
        '<rect fill="white" clip-path="url(#c)"/>'
        '<rect fill="url(http://x)"/></g></svg>'
    )
    found = inline(bad, "f")
    assert not re.search(r"onload|style|foreign|image|href|http", found)
    assert 'id="f-c"' in found and 'clip-path="url(#f-c)"' in found and "M0,0h9v9Z" in found
    assert 'fill="var(--paper)"' in found and 'fill="none"' in found


def test_the_folder_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = (write_report(report(), tmp_path / name) for name in "ab")
    assert [p.name for p in one] == [p.name for p in two]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))
    names = {p.relative_to(tmp_path / "a").as_posix() for p in one}
    assert {"report.html", "report.md", "report.json", "figures/fidelity-c2st_auc.svg", "figures/fidelity-c2st_auc.png",
            "figures/summary-evidence.svg", "figures/summary-waterfall.png", "figures/summary-map.svg"} <= names  # fmt: skip
    assert all(p.read_bytes()[:4] == b"\x89PNG" for p in one if p.suffix == ".png")
    text = (tmp_path / "a/report.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert "figures/fidelity-c2st_auc.svg" in linked and set(linked) <= names
    assert Report.from_json((tmp_path / "a/report.json").read_bytes()) == report()


def test_without_figure_files(tmp_path: Path) -> None:
    written = write_report(report(), tmp_path, static=False)
    assert {p.name for p in written} == {"report.html", "report.md", "report.json"}
    assert "![" not in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_markdown_quotes_the_evidence_and_says_the_numbers() -> None:
    text = to_markdown(report())
    assert text.startswith("# Synthetic questions against GSM8K\n\n**3 risks:")
    assert "0.930 [0.918, 0.942] (n = 2,000; DeLong)" in text
    assert "كم عدد التفاحات" in text and "<script>alert('x')</script> & <b>bold</b>" in text
    assert "| `curate.minhash` | 2,410 | 0 | 2,000 | 410 | 0 | near_duplicate 410 |" in text
    tables = [
        line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith(("| risk", "| Privacy"))
    ]
    assert len(set(tables)) == 1


def test_text_cannot_leave_its_fence() -> None:
    assert fenced("a\n```\n# b").startswith("````text\n") and fenced("a\n```\n# b").endswith("\n````")
    assert safe("![x](http://y)") == "!\\[x](http://y)"
    assert safe("# no heading") == "\\# no heading" and safe("a ` b") == "a \\` b"
    assert safe("p < 0.05 [0.1, 0.2] `--flag_x`") == "p < 0.05 [0.1, 0.2] `--flag_x`"


def test_data_and_reference_keep_their_colours_in_every_figure() -> None:
    for ours, real in (("data", "reference"), ("synthetic", "real"), ("synthetic", "another")):
        spec = bars(
            "Bars", [{"label": "a", "value": 1.0, "series": real}, {"label": "a", "value": 2.0, "series": ours}]
        ).spec
        scale = sized(spec)["encoding"]["color"]["scale"]
        assert dict(zip(scale["domain"], scale["range"], strict=True)) == {real: SERIES[1], ours: SERIES[0]}
        assert "scale" not in spec["encoding"]["color"], "the finding's own figure was changed"


def test_details_are_read_by_people() -> None:
    finding = Finding(
        aspect="fidelity", metric="ranked", claim="Ranked.", kind="fact",
        details={"ranked": [{"word": "and", "odds_ratio": 2.917370330877424}], "none": None, "rows": [640, 1200]},
    )  # fmt: skip
    text = Page(to_html(bare(finding))).text
    assert "word and, odds ratio 2.917" in text and "640, 1,200" in text and "not known" in text


def test_figures_of_an_older_report_go_and_other_files_stay(tmp_path: Path) -> None:
    write_report(report(), tmp_path)
    (tmp_path / "figures/mine.svg").write_text("<svg/>")
    left = {p.name for p in write_report(bare(), tmp_path)}
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {"mine.svg"}
    assert left == {"report.html", "report.md", "report.json"}


def test_a_claim_never_takes_the_place_of_a_section() -> None:
    odd = [
        Finding(aspect=a, metric=m, claim="Odd.", kind="fact")
        for a, m in (("", "risks"), ("summary", "evidence"), ("h", "map"))
    ]
    page = Page(to_html(bare(*odd)))
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids)) and {"claim-risks", "claim-summary-evidence", "claim-h-map"} <= set(ids)
