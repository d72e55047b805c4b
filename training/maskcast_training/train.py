"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from .checkpoint import load_checkpoint, save_checkpoint
from .curves import draw_curves
from .data.mixture import MixtureDataset, Source
from .ema import WeightAverage
from .losses import Distillation, MarginalCrossEntropy
from .measure.cameras import camera_report, tally_cameras
from .measure.evaluate import evaluate
from .measure.predictors import torch_predictor
from .models import build_model
from .models.base import Segmenter
from .normalise import normalise
from .recipe import Recipe
from .run_record import RunRecord
from .schedule import rate_factor
from .warm_start import warm_start

SAVE_EVERY_SECONDS = 180.0
REPORT_EVERY_STEPS = 10


@dataclass(frozen=True)
class TrainOptions:
    """How a run is executed; none of it changes what is learned, up to rounding.

    Attributes:
        workers: processes that read and augment; 0 does it in the training process.
        device: "cpu" or "cuda".
        reduced: compute in bf16 on the CPU, or in mixed precision on the GPU.
        start_from: ONNX file or checkpoint to take the weights from, or None for random weights.
        stop_at: stop (resumably) after this step, or None.
        progress: show a progress bar.
    """

    workers: int = 1
    device: str = "cpu"
    reduced: bool = True
    start_from: Path | None = None
    stop_at: int | None = None
    progress: bool = True


def make_optimiser(model: Segmenter, recipe: Recipe) -> torch.optim.Optimizer:
    """Optimiser with separate groups for trunk and classifier, and no decay on biases and normalisation.

    Each group's ``peak`` is its learning rate at the top of the schedule. A trunk whose rate is 0 gets no gradients at all.
    """
    trunk = {id(p) for p in model.trunk_parameters()}
    if recipe.trunk_rate == 0:
        for parameter in model.trunk_parameters():
            parameter.requires_grad_(False)
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in filter(lambda p: p.requires_grad, model.parameters()):
        groups.setdefault((id(parameter) in trunk, parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "peak": recipe.rate * (recipe.trunk_rate if in_trunk else 1.0),
            "weight_decay": recipe.weight_decay if decays else 0.0,
        }
        for (in_trunk, decays), parameters in groups.items()
    ]
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(settings, lr=recipe.rate)
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(settings, lr=recipe.rate, momentum=0.9)
    raise ValueError(f"unknown optimiser {recipe.optimiser!r}; known are: adamw, sgd")


class Trainer:
    """One run: builds everything from a recipe, trains, validates, saves, resumes.

    Args:
        recipe: settings.
        root: data root that the recipe's paths are relative to.
        folder: the run's folder; if it holds ``last.pt``, the run goes on from there.
        options: how to execute it.
    """

    def __init__(self, recipe: Recipe, root: Path, folder: Path, options: TrainOptions) -> None:
        torch.manual_seed(recipe.seed)
        # The loader's processes are the parallelism; OpenCV's own threads would fight the training for cores.
        cv2.setNumThreads(0)
        self.recipe, self.options = recipe, options
        self.record = RunRecord(folder)
        self.data = MixtureDataset(recipe, root)
        self.classes = self.data.classes
        self.validation = {name: Source(spec, root, self.data.codes) for name, spec in recipe.validate.items()}
        self.model = build_model(recipe.model, len(self.classes))
        self.step, self.best = 0, float("-inf")
        resumes = self.record.path("last.pt").exists()
        if options.start_from is not None and not resumes:
            warm_start(self.model, options.start_from, self.classes, self.data)
        self.model.to(options.device, memory_format=torch.channels_last)
        weights = np.array([recipe.class_weights.get(name, 1.0) for name in self.classes.names], np.float32)
        self.loss = MarginalCrossEntropy(self.data.codes.membership(), weights, recipe.hard_share).to(options.device)
        self.distillation = Distillation(recipe.temperature, recipe.sure)
        self.optimiser = make_optimiser(self.model, recipe)
        self.scaler = torch.cuda.amp.GradScaler(enabled=options.reduced and options.device == "cuda")
        self.average = WeightAverage(self.model, recipe.ema)
        if resumes:
            self._resume()
        # A run that was killed before its first checkpoint begins anew, and so does its log.
        self.record.drop_after(self.step if resumes else -1)
        self.record.write("recipe.json", recipe.document())
        self.record.write("classes.json", self.classes.document())
        self.record.note_start()

    def run(self) -> dict[str, float]:
        """Train to the recipe's last step (or ``stop_at``); returns the last validation's scores."""
        last = min(self.recipe.steps, self.options.stop_at or self.recipe.steps)
        scores: dict[str, float] = {}
        saved, started, losses = time.monotonic(), time.monotonic(), []
        bar = tqdm(total=self.recipe.steps, initial=self.step, disable=not self.options.progress, unit="step")
        for batch in self._batches(last):
            losses.append(self._train_step(*batch))
            bar.update()
            if self.step % REPORT_EVERY_STEPS == 0 or self.step == last:
                mean = float(np.mean(losses))
                bar.set_postfix(loss=f"{mean:.3f}")
                seconds = (time.monotonic() - started) / len(losses)
                self.record.log({"step": self.step, "loss": mean, "rate": self._rate(), "seconds_per_step": seconds})
                started, losses = time.monotonic(), []
            if self.step % self.recipe.check_every == 0 or self.step == last:
                scores = self._validate()
                bar.write(f"step {self.step}: " + ", ".join(f"{k} {v:.1f}" for k, v in scores.items()))
                self._save("last.pt")
                saved = started = time.monotonic()
            elif time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self._save("last.pt")
                saved = time.monotonic()
        bar.close()
        # Nothing was left to train: the scores of what is there.
        return scores or self._validate()

    def _batches(self, last: int) -> Iterator[tuple[torch.Tensor, ...]]:
        batch = self.recipe.batch
        remaining = Subset(self.data, range(self.step * batch, last * batch))
        loader = DataLoader(remaining, batch, num_workers=self.options.workers)
        return iter(loader)

    def _rate(self) -> float:
        factor = rate_factor(self.step, self.recipe.steps, self.recipe.warm_up, self.recipe.schedule)
        return self.recipe.rate * factor

    def _train_step(self, images: torch.Tensor, codes: torch.Tensor, targets: torch.Tensor | None = None) -> float:
        device = self.options.device
        images = normalise(images.to(device)).contiguous(memory_format=torch.channels_last)
        codes = codes.to(device)
        self.model.train()
        if self.recipe.trunk_rate == 0:
            # A frozen trunk keeps its statistics too.
            self.model.eval()
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * self._rate() / self.recipe.rate
        dtype = torch.float16 if device == "cuda" else torch.bfloat16
        with torch.autocast(device, dtype=dtype, enabled=self.options.reduced):
            logits = self.model(images)
        stride = self.recipe.loss_stride
        codes = codes[:, ::stride, ::stride]
        logits = nn.functional.interpolate(logits.float(), codes.shape[1:], mode="bilinear", align_corners=False)
        loss = self.loss(logits, codes)
        if targets is not None:
            loss = loss + self.recipe.distil * self.distillation(logits, targets.to(device), codes)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.model)
        self.step += 1
        return float(loss.detach())

    def _validate(self) -> dict[str, float]:
        """IoU in per cent of every class on every validation folder; keeps the best checkpoint.

        Of folders that are judged by camera it is the mean over cameras, and the best checkpoint's report is kept.
        """
        result, chosen, reports = {}, [], {}
        for name, source in self.validation.items():
            values, reports[name] = self._score(source)
            result |= {f"{name}/{class_name}": value for class_name, value in values.items()}
            if name in self.recipe.select:
                chosen += [v for k, v in values.items() if not self.recipe.select_classes or k in self.recipe.select_classes]
        if chosen:
            result["selection"] = float(np.mean(chosen))
            if result["selection"] > self.best:
                self.best = result["selection"]
                self._save("best.pt")
                for name, report in reports.items():
                    if report:
                        self.record.write(f"cameras-{name}.json", {"step": self.step, **report})
        false_shares = {name: report["falseShare"] for name, report in reports.items() if report}
        self.record.log({"step": self.step, "validation": result} | ({"falseShare": false_shares} if false_shares else {}))
        draw_curves(self.record.entries(), self.record.path("curves.png"))
        return result

    def _score(self, source: Source) -> tuple[dict[str, float], dict[str, Any] | None]:
        """IoU in per cent by class, and the report by camera if the source is judged so."""
        predict, names = torch_predictor(self.average.model), self.classes.names
        if source.spec.by_camera:
            samples = ((source.name(item), *source.read(item)) for item in source.items)
            report = camera_report(tally_cameras(predict, samples, self.data.codes), names)
            means = {name: report["mean"][name]["iou"] for name in names}
            # The background fills every camera and would hide in the mean what is looked for.
            return {name: value for name, value in means.items() if value is not None and name != names[0]}, report
        scores, _ = evaluate(predict, (source.read(item) for item in source.items), self.data.codes)
        values = {name: float(value) * 100 for name, value in zip(names, scores.iou)}
        return {name: value for name, value in values.items() if not np.isnan(value)}, None

    def _save(self, name: str) -> None:
        content = {
            "recipe": self.recipe.document(),
            "classes": self.classes.document(),
            "step": self.step,
            "best": self.best,
            "average": self.average.state(),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }
        save_checkpoint(self.record.path(name), content)

    def _resume(self) -> None:
        content = load_checkpoint(self.record.path("last.pt"))
        if content["recipe"]["model"] != self.recipe.model or content["classes"] != self.classes.document():
            raise ValueError(f"{self.record.folder} holds a run with another model or other classes")
        self.model.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.scaler.load_state_dict(content["scaler"])
        self.average.restore(content["average"])
        self.step, self.best = content["step"], content["best"]
