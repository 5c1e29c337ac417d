"""How does a person read a decision? One or two plain sentences, in percentage points, for a product lead."""

from collections.abc import Sequence

from tasks.domain.estimate import Estimate

FEWEST_CLUSTERS = 6
"""With fewer, no pattern of signs is rare enough for a two-sided 5%: 2 / 2^5 = 6.25%."""


def decision_in_words(
    decision: str,
    delta: Estimate,
    margin: float,
    *,
    worse: Sequence[str],
    unscored: int,
    clusters: int,
    needed: int | None,
    unscored_decide: bool,
    binary: bool,
) -> str:
    """Why the decision is what it is, and where it is INCONCLUSIVE what it would take."""
    if delta.value is None or delta.low is None or delta.high is None:
        return f"Nothing can be said: {delta.why}."
    rows = delta.n + unscored
    share = f"{unscored} of {rows} pairs ({unscored / rows:.1%}) are unscored"
    found = (
        f"The candidate is {_by(delta.value, binary)} the current system "
        f"({delta.level:.0%} interval {_signed(delta.low, binary)} to {_signed(delta.high, binary)}; "
        f"{delta.n} pairs in {clusters} clusters)"
    )
    limit = _size(margin, binary)
    if decision == "PASS":
        small = "; it is significantly worse, but by less than the margin" if delta.high < 0 else ""
        also = f", even if all {unscored} unscored pairs are counted against it" if unscored else ""
        return f"{found}: it is not worse by more than the margin of {limit}{also}{small}."
    if decision == "FAIL" and delta.high < 0:
        where = f", and so in {_listed(worse)}" if worse else ""
        return f"{found}: it is significantly worse{where}."
    if decision == "FAIL":
        return f"{found}, but it is significantly worse in {_listed(worse)}."
    if unscored_decide:
        return (
            f"{found}, which would pass; but {share}, and with each of them counted against the candidate it would "
            "not. Score them and decide again."
        )
    return f"{found}: it may be worse by more than the margin of {limit}, or not.{_way_out(clusters, needed, delta.n)}"


def preferred_in_words(flip_rate: Estimate, failing_winners: int, unscored_winners: int) -> str:
    """By which rule a decision on preferences counts, how often the order decided, and what did not count."""
    rule = "A pair counts where the judge prefers one answer in both orders and that answer passes by itself."
    if flip_rate.value is None or flip_rate.low is None or flip_rate.high is None:
        return f"{rule} No pair was judged in both orders."
    interval = f"95% interval {flip_rate.low:.1%} to {flip_rate.high:.1%}"
    failing = f"; {failing_winners:,} preferred answers fail by themselves" if failing_winners else ""
    unscored = f"; {unscored_winners:,} have no verdict of their own" if unscored_winners else ""
    return f"{rule} The order decided {flip_rate.value:.1%} of {flip_rate.n:,} pairs ({interval}){failing}{unscored}."


def _way_out(clusters: int, needed: int | None, pairs: int) -> str:
    if clusters < FEWEST_CLUSTERS:
        return f" {clusters} clusters are too few for any decision: it takes at least {FEWEST_CLUSTERS}, better 20."
    if needed is None:
        return " The difference lies on the margin: no number of pairs would decide."
    more = round(clusters * needed / pairs)
    return f" If the difference stays as it is, about {needed:,} pairs in {more:,} clusters would decide."


def _by(value: float, binary: bool) -> str:
    if abs(value) < 5e-7:
        return "exactly as good as"
    return f"{_size(abs(value), binary)} {'better' if value > 0 else 'worse'} than"


def _size(value: float, binary: bool) -> str:
    return f"{100 * value:.1f} points" if binary else f"{value:.2f} on the scale"


def _signed(value: float, binary: bool) -> str:
    return f"{100 * value:+.1f}" if binary else f"{value:+.2f}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
