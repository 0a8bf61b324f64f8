#!/usr/bin/env python3
"""Time of an iteration of k-means by another program, on the rows that bench_kmeans wrote.

    bench_kmeans_peers.py sklearn|sklearnex|heat FILE ROWS D K FIRST LAST THREADS

Two fits from the start in FILE.start, of FIRST and of LAST iterations; the difference is that many iterations, without
reading, checking and setting up. Heat is started by mpirun, one thread a rank. Prints a line of JSON: seconds an
iteration, iterations that were done, the sum of squares of the centres (equal for all who did the same), peak memory."""
import importlib.metadata
import json
import os
import resource
import sys
import time

name, path = sys.argv[1:3]
rows, d, k, first, last, threads = (int(v) for v in sys.argv[3:9])
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
import numpy as np  # noqa: E402

start = np.fromfile(f"{path}.start", dtype=np.float32).reshape(k, d)


def read(begin, end):
    return np.fromfile(path, dtype=np.float32, count=(end - begin) * d, offset=4 * begin * d).reshape(-1, d)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fit_sklearn():
    if name == "sklearnex":
        from sklearnex.cluster import KMeans
    else:
        from sklearn.cluster import KMeans
    import warnings

    warnings.simplefilter("ignore")  # that it did not converge is what we want
    x = read(0, rows)
    times = []
    for iterations in (first, last):
        model = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd", copy_x=False)
        began = time.monotonic()
        model.fit(x)
        times.append(time.monotonic() - began)
    return times, model.n_iter_, model.cluster_centers_, peak()


def fit_heat():
    import heat as ht
    import torch
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    torch.set_num_threads(threads)
    begin, end = rows * comm.rank // comm.size, rows * (comm.rank + 1) // comm.size
    x = ht.array(read(begin, end), is_split=0, copy=False)
    times = []
    for iterations in (first, last):
        model = ht.cluster.KMeans(n_clusters=k, init=ht.array(start), max_iter=iterations, tol=-1.0)
        comm.Barrier()
        began = time.monotonic()
        model.fit(x)
        comm.Barrier()
        times.append(time.monotonic() - began)
    total = comm.allreduce(peak())
    if comm.rank != 0:
        sys.exit(0)
    return times, model.n_iter_, model.cluster_centers_.larray.numpy(), total


times, iterations, centre, memory = fit_heat() if name == "heat" else fit_sklearn()
package = {"sklearn": "scikit-learn", "sklearnex": "scikit-learn-intelex"}.get(name, name)
print(json.dumps({"name": name, "version": importlib.metadata.version(package), "rows": rows, "seconds": (times[1] - times[0]) / (last - first),
                  "iterations": int(iterations), "norm": float((centre.astype(np.float64) ** 2).sum()),
                  "matrix_bytes": 4 * rows * d, "peak_bytes": memory}))
