"""One training of the measuring network, from simulated people to a file of weights and figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
from torch.utils.data import DataLoader

from formnet.checks import check_fields, real, whole, within
from formnet.judges.description import current_versions
from formnet.judges.measuring.estimator import Factors, MeasureEstimator, load_measure_estimator, save_estimator
from formnet.judges.measuring.forward import NetworkOptions
from formnet.judges.measuring.network import MeasureNetwork
from formnet.judges.measuring.spec import SIGHTS, MeasuringSpec
from formnet.measures.base import median_of
from formnet.measures.calibration import VIEWS, view_name
from formnet.motion import FloatArray
from formnet.training.figures import write_metrics
from formnet.training.fitting import MakeTrainer, fit_module
from formnet.training.measures.disturb import Disturbance
from formnet.training.measures.figures import Figures, fit_sd_factor, measure_estimates
from formnet.training.measures.geometry import GeometryFit, fit_geometry
from formnet.training.measures.module import MeasureBatches, MeasureFitOptions, MeasureModule, to_batch
from formnet.training.measures.table import MeasureTable, simulate_measures

_LEAST_R2 = 0.2
_OTHERS = 1_000_000
"""How far on the people are drawn that are not learned from."""
FiguresByView = dict[str, dict[str, Figures]]


@dataclass(frozen=True)
class MeasureDataOptions:
    """What the network is trained on.

    Attributes:
        people: simulated squats of as many people, each before one camera.
        held_people: others, on whom spreads are set right and the geometry is compared with.
        part_share: share that is seen through the joints of any estimator, not all of BlazePose's.
        cuts: ways in which each repetition is cut.
        batch_size: repetitions in a batch.
    """

    people: int = within(whole(2, 10_000_000), 3000)
    held_people: int = within(whole(2, 1_000_000), 1500)
    part_share: float = within(real(0, 1), 0.3333)
    cuts: int = within(whole(1, 100), 2)
    batch_size: int = within(whole(2, 65536), 64)

    def __post_init__(self) -> None:
        check_fields(self, "task.data")


@dataclass(frozen=True)
class MeasureOptions:
    """Everything about a training.

    Attributes:
        seed: of weights, people, cameras and errors.
        lifter: whose joints are measured.
        disturbance: random changes in training.
        least_gain: the network is used where its RMSE is at most this share of the geometry's.
        contradicted: measure → views in which real people contradict it, so that it is not used there.
    """

    seed: int = 0
    lifter: str = "supervised+picture"
    sees: tuple[str, ...] = SIGHTS
    data: MeasureDataOptions = field(default_factory=MeasureDataOptions)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    fit: MeasureFitOptions = field(default_factory=MeasureFitOptions)
    disturbance: Disturbance = field(default_factory=Disturbance)
    least_gain: float = within(real(0, 10), 0.95)
    contradicted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self, "task")


def run_measure_training(
    options: MeasureOptions, make_trainer: MakeTrainer, out: Path, *,
    record: Mapping[str, Any] | None = None, resume: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:  # fmt: skip
    """Trains the network and measures what was stored on simulated people that it has not seen.

    Writes `last.ckpt` (Lightning), `measures.safetensors` with `measures.json`, and `metrics.json` into `out`.

    Raises:
        CheckpointError: when there is nothing to go on from, or it is of another network.
    """
    spec = MeasuringSpec(sees=options.sees)
    table, held = simulate_both(options, spec, progress)
    network = fit_network(table, held, spec, options, make_trainer, out, resume, record)
    geometry = fit_geometry(table.exact, table.truths, spec)
    # Figures are of the stored weights, which are rounded, and of people that set neither spreads nor choices.
    estimator = MeasureEstimator(network.freeze(), options.lifter, _plain_factors(spec), {})
    stored = load_measure_estimator(save_estimator(out / "measures.safetensors", estimator))
    choosing, testing = held[np.arange(0, len(held), 2)], held[np.arange(1, len(held), 2)]
    stored = dataclasses.replace(stored, factors=fit_factors(stored, choosing))
    used = choose_views(compare_both(stored, geometry, choosing), options.least_gain, options.contradicted)
    by_view = compare_both(stored, geometry, testing)
    about = {"training": dict(record or {}), "versions": current_versions(), "figures": _rounded(by_view)}
    save_estimator(out / "measures.safetensors", dataclasses.replace(stored, used=used, about=about))
    figures = summarise_views(by_view, used)
    write_metrics(out, figures)
    return figures


def simulate_both(
    options: MeasureOptions, spec: MeasuringSpec, progress: Callable[[int, int], None] | None = None
) -> tuple[MeasureTable, MeasureTable]:
    """The people to learn from, and others; `progress` is told how many there are and of how many."""
    data, done = options.data, 0

    def count(number: int) -> None:
        nonlocal done
        done += number
        if progress is not None:
            progress(done, data.people + data.held_people)

    def simulate(people: int, seed: int, cuts: int) -> MeasureTable:
        return simulate_measures(
            people, spec, seed=seed, cuts=cuts, part_share=data.part_share, lifter=options.lifter, progress=count
        )

    return simulate(data.people, options.seed, data.cuts), simulate(data.held_people, options.seed + _OTHERS, 1)


def fit_network(
    table: MeasureTable, held: MeasureTable, spec: MeasuringSpec, options: MeasureOptions,
    make_trainer: MakeTrainer, out: Path, resume: Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> MeasureNetwork:  # fmt: skip
    """A network fitted to a table; `held` is only looked at for the progress bar."""
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    network = MeasureNetwork(spec, options.network)
    network.fit_scale(table.exact, table.truths)
    batches = MeasureBatches(table, spec, options.data.batch_size, options.disturbance, options.seed)
    watched: Any = [to_batch(held.exact, held.truths)]
    loaders = DataLoader(batches, batch_size=None), DataLoader(watched, batch_size=None)
    module = MeasureModule(network, options.fit)
    fit_module(module, make_trainer, out, loaders=loaders, resume=resume, settings=settings)
    return network.eval()


def fit_factors(estimator: MeasureEstimator, held: MeasureTable) -> Factors:
    """What the network's standard deviations are to be multiplied by, for every measure and view."""
    values, deviations = estimator.network.estimate(held.exact)
    views = np.array([view_name(angle) for angle in held.exact.view_deg])
    return {
        name: {
            view: fit_sd_factor(*(part[views == view, m] for part in (values, deviations, held.truths)))
            for view in VIEWS
        }
        for m, name in enumerate(estimator.spec.measures)
    }


def compare_both(estimator: MeasureEstimator, geometry: GeometryFit, held: MeasureTable) -> dict[str, FiguresByView]:
    """ "network" and "geometry" → measure → view → figures on people that neither has seen."""
    return {
        "network": figures_by_view(*estimator.estimate_all(held.exact), held, estimator.spec),
        "geometry": figures_by_view(*geometry.estimate(held.exact), held, estimator.spec),
    }


def figures_by_view(
    values: FloatArray, deviations: FloatArray, held: MeasureTable, spec: MeasuringSpec
) -> FiguresByView:
    """Measure → view → figures of estimates (N, M)."""
    views = np.array([view_name(angle) for angle in held.exact.view_deg])
    return {
        name: {
            view: measure_estimates(*(part[views == view, m] for part in (values, deviations, held.truths)))
            for view in VIEWS
        }
        for m, name in enumerate(spec.measures)
    }


def choose_views(
    by_view: Mapping[str, FiguresByView], least_gain: float, contradicted: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Measure → views in which the network is clearly better than the geometry and not contradicted."""
    used = {}
    for name, views in by_view["network"].items():
        rivals = by_view["geometry"][name]
        allowed = [view for view in views if view not in contradicted.get(name, ())]
        good = tuple(view for view in allowed if _is_better(views[view], rivals[view], least_gain))
        if good:
            used[name] = good
    return used


def _is_better(figures: Figures, rival: Figures, least_gain: float) -> bool:
    """True also where the geometry reads nothing and the network explains something."""
    if np.isnan(rival["rmse"]):
        return figures["r2"] > _LEAST_R2
    return figures["rmse"] <= least_gain * rival["rmse"]


def summarise_views(by_view: Mapping[str, FiguresByView], used: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """Medians over measures and views: R² of network and geometry, shares within one and two deviations."""
    medians = {
        f"test/{who}_{name}": median_of(
            np.array([view[name] for views in measures.values() for view in views.values()])
        )
        for who, measures in by_view.items()
        for name in ("r2", "within1", "within2")
    }
    return {**medians, "used": float(sum(map(len, used.values())))}


def _plain_factors(spec: MeasuringSpec) -> Factors:
    return {name: dict.fromkeys(VIEWS, 1.0) for name in spec.measures}


def _rounded(by_view: Mapping[str, FiguresByView]) -> dict[str, Any]:
    return {
        who: {
            name: {
                view: {key: float(f"{figure:.4g}") for key, figure in found.items()} for view, found in views.items()
            }
            for name, views in measures.items()
        }
        for who, measures in by_view.items()
    }
