"""Runs Splink on hashed columns; executed by the Python of the peers' environment, not by ours.

Reads a task in JSON: two files with ``unique_id`` and the fields, blocking rules, training blocks,
weights at which links are taken. Writes the links of every variant, and what each step took.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Times = dict[str, dict[str, float]]


def main(file: Path) -> None:
    """One task."""
    task: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    logging.getLogger("splink").setLevel(logging.ERROR)
    import duckdb
    from splink import DuckDBAPI, Linker, block_on  # type: ignore[import-not-found]

    times: Times = {}
    connection = duckdb.connect()
    connection.execute(f"set memory_limit = '{task['memory']}'")
    connection.execute(f"set temp_directory = '{task['out']}/spilled'")
    connection.execute(f"set max_temp_directory_size = '{task['memory']}'")
    api = DuckDBAPI(connection)
    with timed(times, "register"):
        tables = []
        for name in ("delivery", "spine"):
            connection.execute(f"create table {name}_in as from '{task[name]}'")
            tables.append(api.register(f"{name}_in", dataset_display_name=name))
        linker = Linker(tables, settings(task), log_level=logging.ERROR)
    with timed(times, "u"):
        linker.training.estimate_probability_two_random_records_match(
            [block_on(*rule) for rule in task["certain"]], recall=task["recall"]
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    with timed(times, "em"):
        for rule in task["training"]:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), estimate_without_term_frequencies=True
            )
    with timed(times, "predict"):
        pairs = linker.inference.predict(threshold_match_weight=min(task["weights"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Splink joins edges with two tables of ties. DuckDB may join these two first, by nothing but
    # their probability, and fills any disk: with the joins as written, the same query is quick.
    connection.execute("set disabled_optimizers = 'join_order'")
    for weight in task["weights"]:
        for ties in ("lowest_id", "drop"):
            name = f"{ties}-{weight:g}"
            with timed(times, name):
                clusters = linker.clustering.cluster_using_single_best_links(
                    pairs, ["delivery", "spine"], threshold_match_weight=weight, ties_method=ties
                )
            write(connection, clusters, Path(task["out"]) / f"{name}.parquet")
    whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"times": times, "peak_mb": peak, "peak_with_clustering_mb": whole}
    (Path(task["out"]) / "times.json").write_text(json.dumps(found), encoding="utf-8")


def settings(task: dict[str, Any]) -> Any:
    """Exact comparisons of every field, adjusted for frequency where there are many values."""
    import splink.comparison_library as cl  # type: ignore[import-not-found]
    from splink import SettingsCreator, block_on

    comparisons = [
        cl.ExactMatch(name).configure(term_frequency_adjustments=name in task["frequent"])
        for name in task["fields"]
    ]
    return SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in task["blocks"]],
    )


def write(connection: Any, clusters: Any, target: Path) -> None:
    """Clusters of one row of each side, as links: row_id, person_id."""
    found = clusters.as_pyarrow_table()
    connection.register("found", found)
    connection.execute(
        "create or replace table links as select "
        "max(unique_id) filter (where source_dataset = 'delivery') as row_id, "
        "max(unique_id) filter (where source_dataset = 'spine') as person_id, "
        "'linked' as status from found group by cluster_id "
        "having row_id is not null and person_id is not null"
    )
    connection.table("links").write_parquet(str(target))
    connection.unregister("found")


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    """Keeps seconds of the clock and of the processor, all threads together."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times[name] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
