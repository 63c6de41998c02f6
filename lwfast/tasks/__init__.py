"""Tasks: what a backend or a QPU is asked to do."""

from lwfast.tasks.analyzer import Analyzer
from lwfast.tasks.batch import Batch
from lwfast.tasks.data import AnalyzerTask, SamplerTask, SimulatorTask, TaskData
from lwfast.tasks.sampler import Sampler
from lwfast.tasks.simulator import Simulator
from lwfast.tasks.sweep import Sweep
from lwfast.tasks.task import Task

__all__ = [
    "Analyzer",
    "AnalyzerTask",
    "Batch",
    "Sampler",
    "SamplerTask",
    "Simulator",
    "SimulatorTask",
    "Sweep",
    "Task",
    "TaskData",
]
