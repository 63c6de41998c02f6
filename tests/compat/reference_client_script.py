"""Run by `test_reference_client.py` in a process of its own: the public client, unmodified.

Prints one JSON object with what it saw.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

url, token, home = sys.argv[1:]
data = Path(home) / ".local/share/Aegiq/lightworks"
data.mkdir(parents=True)
(data / "certificate.pem").write_text("")  # has to exist, even for http
warnings.simplefilter("ignore")

import lightworks as lw  # noqa: E402
import lightworks_remote as remote  # noqa: E402

seen: dict[str, object] = {}
remote.set_api_url(url)
remote.token.set("wrong")
try:
    remote.list_qpus()
except remote.AuthenticationError as error:
    seen["refused"] = str(error)
remote.token.set(token)

seen["qpus"] = remote.list_qpus()
details = remote.get_qpu_details("Artemis")
seen["limits"] = [details.n_modes, details.max_photon_input, details.max_detection_filter, details.available]
seen["max_samples"] = sorted(details.max_samples.items())

qpu = remote.QPU("Artemis")
sampler = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=100)
job = qpu.run(sampler, job_name="Test job")
seen["id"] = job.job_id
job.wait_until_complete()
seen["status"] = str(job.status)
seen["job_details"] = repr(job.details)
seen["check"] = [remote.get_job_status(job.job_id), remote.check_job_complete(job.job_id), job.success]
result = remote.get_results(job.job_id)
seen["total"] = sum(result.values())
seen["modes"] = sorted({len(state) for state in result})

# A circuit with heralds, rules and a sub-circuit, sent as it stands.
circuit = lw.PhotonicCircuit(5)
for mode in range(4):
    circuit.bs(mode, reflectivity=0.3 + 0.1 * mode, convention="H" if mode % 2 else "Rx")
    circuit.ps(mode, 0.4 * mode)
circuit.mode_swaps({0: 2, 2: 0})
circuit.barrier()
circuit.add(lw.Unitary(lw.random_unitary(2, seed=2)), 1)
circuit.herald(4, 1)
rules = lw.PostSelection()
rules.add(0, (0, 1))
direct = qpu.run(
    lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 500, post_selection=rules),
    direct_encoding=True,
    job_name="Direct",
)
direct.wait_until_complete()
result = direct.get_result()
seen["direct"] = [
    str(direct.status),
    sorted({len(state) for state in result}),
    max(s[0] for s in result) <= 1,
]
seen["raw_total"] = sum(result.raw_data.values())
seen["raw_modes"] = sorted({len(state) for state in result.raw_data})
seen["raw_photons"] = sorted({sum(state) for state in result.raw_data})

batch = lw.Batch()
for seed in range(3):
    batch.add(lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=seed)), lw.State([1, 0, 0]), 50))
jobs = qpu.run(batch, job_name="Batch")
jobs.wait_until_complete()
seen["batch"] = [jobs.names, jobs.all_success, [sum(r.values()) for r in jobs.get_all_results().values()]]
seen["listed"] = remote.list_all_jobs()

# A queue: one job that takes a while, others behind it.
slow = qpu.run(lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=3)), lw.State([1, 0, 0, 0]), n_samples=101))
waiting = [qpu.run(sampler, job_name=f"w{i}") for i in range(2)]
while str(slow.status) != "Running":
    pass
seen["positions"] = [job.queue_position for job in [slow, *waiting]]
seen["scheduled"] = remote.list_scheduled_jobs() == [job.job_id for job in waiting]
seen["shown"] = remote.show_scheduled().astype(str).values.tolist() == [
    [str(job.job_id), "Scheduled", str(i + 1)] for i, job in enumerate(waiting)
]
waiting[0].cancel()
remote.cancel_job(slow.job_id)
seen["cancelled"] = [str(slow.status), str(waiting[0].status)]
try:
    remote.cancel_job(slow.job_id)
except remote.JobError as error:
    seen["again"] = str(error)
for name, action in (("no_result", slow.get_result), ("unknown", lambda: remote.get_job_details(10**6))):
    try:
        action()
    except remote.LightworksRemoteError as error:
        seen[name] = f"{type(error).__name__}: {error}"

# What the server refuses: the client's own checks are passed by.
bad = job.payload.payload | {"unitary": [["(2+0j)"] * 4] * 4, "n_samples": 0, "input": [1, 0, 0, 0]}
try:
    job._interface.submit_job(bad)
except remote.JobSubmissionError as error:
    seen["rejected"] = str(error)

job.save_to_file(str(Path(home) / "saved"))
seen["loaded"] = remote.load_job_from_file(str(Path(home) / "saved")).get_result() == remote.get_results(
    job.job_id
)
waiting[1].wait_until_complete()
old = waiting[1].job_id
waiting[1].retry()
seen["retry"] = waiting[1].job_id > old
print(json.dumps(seen))
