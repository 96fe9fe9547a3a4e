"""Measures traillake beside its peers over the same events; see run.sh.

Prints one page of Markdown: the machine and the versions, what an import takes, and for each query the median times
of traillake, of DuckDB and chDB over tables of their own, and of DuckDB, Polars and DataFusion over the Parquet files
of a store. DuckDB must give the same answers. A peer that cannot answer a query, or answers otherwise, has no time
there. Standard error says which step begins.
"""

import argparse
import glob
import gzip
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata

from imports import RUN_THRICE_UP_TO, imports
from measured import measured, progress, seconds
from sessions import make_tables, sessions, statement_of_peers, traillake

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = [os.path.join(HERE, "../../queries/bench"), os.path.join(HERE, "queries/lake")]
TRAILLAKE = os.environ["TRAILLAKE"]
# Queries that give whole events, of which the ids are compared.
WIDE = {"04-event-by-id", "10-last-100-wide", "11-rare-event"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("events", nargs="?", type=int, default=500_000)
    parser.add_argument("--principals", choices=["few", "many"], default="few",
                        help="many: each seen once or twice, as short sessions make them")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", help="folder for the data, which is removed otherwise")
    return parser.parse_args()


def make_events(args, folder):
    """Writes the log files, and returns their folder."""
    few = os.path.join(folder, "few")
    if not os.path.isdir(few):
        progress(f"{args.events:,} events")
        subprocess.run([TRAILLAKE, "synth", "--events", str(args.events), "--out", few], check=True,
                       stdout=subprocess.DEVNULL)
    if args.principals == "few":
        return few
    many = os.path.join(folder, "many")
    if not os.path.isdir(many):
        progress("many principals")
        spread(few, many)
    return many


def spread(source, target):
    """Copies log files such that an identity is seen once, seldom more often, as short sessions make them."""
    os.makedirs(target)
    session, left = 0, 0
    for number, file in enumerate(sorted(glob.glob(f"{source}/**/*.json.gz", recursive=True))):
        with gzip.open(file) as log:
            records = json.load(log)
        for record in records.get("Records", []):
            identity = record.get("userIdentity") or {}
            if not identity.get("arn"):
                continue
            if left == 0:
                session, left = session + 1, 1 + session % 3
            left -= 1
            name = f"s{session * 2654435761 % 2**32:08x}"
            identity["arn"] = identity["arn"].rsplit("/", 1)[0] + "/" + name
            identity["principalId"] = (identity.get("principalId") or "A").split(":")[0] + ":" + name
        with gzip.open(f"{target}/{number:06}.json.gz", "wt", compresslevel=6) as log:
            json.dump(records, log, separators=(",", ":"))


def plain(value):
    """A value as both write it: times without zone, whole numbers without a point."""
    if value is None or value == "":
        return ""
    if hasattr(value, "isoformat"):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def answer(query, labels, rows):
    """What is compared of an answer, whatever its order."""
    if query in WIDE and rows:
        place = [label.lower() for label in labels].index("eventid")
        rows = [[row[place]] for row in rows]
    return sorted([plain(value) for value in row] for row in rows)


def answer_of_lake(lake, query):
    rows = json.loads(traillake("query", "--lake", lake, "--store", "default", "--format", "json", query["sql"]))
    return answer(query["name"], list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def warm(peer, run, sql, query, expected, runs):
    """The median of a peer's times in milliseconds; None where it does not answer as expected."""
    try:
        if answer(query, *run(sql)) != expected:
            raise ValueError("another answer")
    except Exception as error:  # each peer raises its own kinds
        print(f"{peer}, {query}: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    return statistics.median(seconds(lambda: run(sql))[0] for _ in range(runs)) * 1000


COLD = ("import duckdb,sys,time; sql=open(sys.argv[2]).read(); s=time.perf_counter(); "
        "c=duckdb.connect(sys.argv[1],read_only=True); c.execute('SET enable_progress_bar = false'); "
        "c.execute(sql).fetchall(); print(time.perf_counter()-s)")


def main():
    args = arguments()
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)
        sys.exit(measure(args, args.keep))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(measure(args, folder))


def measure(args, folder):
    """Measures all and prints the page; returns 1 where DuckDB's answers are not ours, else 0."""
    events = make_events(args, folder)
    table, lake, source = imports(events, args.events, folder)
    native, merge_tree, parquet = make_tables(folder, lake, events)
    bench = bench_of_lake(args, folder, lake)
    peers = sessions(native, merge_tree, parquet)
    statement = os.path.join(folder, "query.sql")
    ours = [TRAILLAKE, "query", "--lake", lake, "--store", "default", "--format", "csv", "-f", statement]
    duckdbs = [sys.executable, "-c", COLD, native, statement]
    rows = []
    for query in bench["queries"]:
        name = query["name"]
        progress(name)
        expected = answer_of_lake(lake, query)
        theirs = []
        for peer, run in peers.items():
            sql = statement_of_peers(name, bench["parameters"], peer.lower())
            theirs.append(warm(peer, run, sql, name, expected, args.runs))
        write(statement, query["sql"])
        cold = statistics.median(measured(ours)[0] for _ in range(args.runs))
        write(statement, statement_of_peers(name, bench["parameters"]))
        cold_theirs = statistics.median(
            float(subprocess.run(duckdbs, check=True, capture_output=True, text=True).stdout) for _ in range(args.runs))
        rows.append((name, query["results"][0]["median_ms"], theirs, cold * 1000, cold_theirs * 1000))
    print_page(args, table, source, list(peers), rows)
    return int(any(row[2][0] is None for row in rows))


def bench_of_lake(args, folder, lake):
    """What traillake measures of its own warm queries, and the parameters that it put into them."""
    progress("queries of traillake, warm")
    report = os.path.join(folder, "bench.json")
    suites = [option for suite in SUITES for option in ("--queries", suite)]
    traillake("bench", "--lake", lake, "--store", "default", "--formats", "orc", "--warm", "--concurrency", "0",
              "--runs", str(args.runs), "--json", report, "--force", *suites)
    with open(report) as file:
        return json.load(file)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def print_page(args, table, source, peers, rows):
    version = subprocess.run([TRAILLAKE, "--version"], capture_output=True, text=True).stdout.strip()
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    versions = ", ".join(f"{name} {metadata.version(name.lower())}"
                         for name in ["DuckDB", "chDB", "Polars", "DataFusion"])
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}; {version} ({commit.stdout.strip()}), {versions}; "
          f"{args.events:,} events, {args.principals} principals; medians of {args.runs} runs"
          + ("; each import run once" if args.events > RUN_THRICE_UP_TO else "") + "\n")
    print("| import | s | peak MB | bytes | of the source |\n|---|---:|---:|---:|---:|")
    for name, took, peak, held in table:
        memory = f"{peak:,.0f}" if peak else ""
        print(f"| {name} | {took:.2f} | {memory} | {held:,} | {held / source:.2f} |")
    print("\nMilliseconds, and how many times the peer's time ours is. DuckDB's table and chDB's, a MergeTree, "
          "are made of the Parquet files that the other peers read, and sorted by time.\n")
    print("| query | warm | " + " | ".join(f"{peer} | ratio" for peer in peers) + " | cold | DuckDB's table | ratio |")
    print("|---|" + "---:|" * (2 * len(peers) + 4))
    for name, ours, theirs, cold, cold_theirs in rows:
        cells = [f"{peer:.2f} | {ours / peer:.2f}" if peer else " | " for peer in theirs]
        print(f"| {name} | {ours:.2f} | {' | '.join(cells)} | {cold:.1f} | {cold_theirs:.1f} "
              f"| {cold / cold_theirs:.2f} |")
    means = [mean([row[1] / row[2][peer] for row in rows if row[2][peer]]) for peer in range(len(peers))]
    print("| geometric mean | | " + " | ".join(f"| {value:.2f}" for value in means)
          + f" | | | {mean([row[3] / row[4] for row in rows]):.2f} |")


if __name__ == "__main__":
    main()
