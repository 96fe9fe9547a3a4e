"""Load: what a service answers a second, and how long a question about one event takes while half of that is asked.

    tests/endpoint/run.sh PROGRAM --load [CONNECTIONS] [SECONDS]

200 connections and 300 seconds unless told otherwise. Clients take turns on the same machine, in one process of Python, so what it
says of capacity is a lower bound. Only errors make it fail.
"""

import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import logs
import service as services
from wire import Wire

MIX = 4


class Load:
    """Questions about a lake, and what became of them."""

    def __init__(self, service, records):
        self.service = service
        self.ids = [record["eventID"] for record in records]
        self.lock = threading.Lock()
        self.errors, self.times = [], []

    def ask(self, wire, operation, body):
        answer = wire.ask(operation, body)
        if answer.status != 200:
            raise RuntimeError(f"{operation} {body}: {answer.status} {answer.body[:300]}")
        return answer.json

    def query(self, wire, sql, rows):
        """A query from its start to its rows, of which there must be so many."""
        id = self.ask(wire, "StartQuery", {"QueryStatement": sql})["QueryId"]
        pause = 0.002
        while True:
            page = self.ask(wire, "GetQueryResults", {"QueryId": id, "MaxQueryResults": 100})
            if page["QueryStatus"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)
        if page["QueryStatus"] != "FINISHED" or len(page["QueryResultRows"]) < rows:
            raise RuntimeError(f"{sql}: {page}")

    def point(self, wire):
        """A question about one event; its time is noted."""
        id = random.choice(self.ids)
        began = time.perf_counter()
        self.query(wire, f"SELECT eventJson FROM event_data_store WHERE eventID = '{id}'", 1)
        with self.lock:
            self.times.append(time.perf_counter() - began)

    def one(self, wire, turn):
        """The questions of the mix, in turn."""
        kind = turn % MIX
        if kind == 0:
            self.query(wire, "SELECT eventName, count(*) AS c FROM event_data_store GROUP BY 1 ORDER BY 2 DESC", 1)
        elif kind == 1:
            self.query(wire, "SELECT eventID, errorCode FROM event_data_store WHERE errorCode IS NOT NULL", 0)
        else:
            self.point(wire)

    def run(self, connections, seconds, rate=None):
        """Asks from so many connections; `rate` questions a second, else as many as are answered. Returns how many were."""
        end = time.monotonic() + seconds
        counts = [0] * connections

        def client(number):
            wire = Wire(self.service, self.service.key)
            # Spread over the time between two questions of one connection.
            due = time.monotonic() + (number / rate if rate else 0)
            turn = number
            while time.monotonic() < end:
                if rate:
                    time.sleep(max(0, min(due, end) - time.monotonic()))
                    due += connections / rate
                    if time.monotonic() >= end:
                        break
                try:
                    self.one(wire, turn)
                    counts[number] += 1
                except Exception as error:
                    with self.lock:
                        self.errors.append(f"{type(error).__name__}: {error}")
                    wire.close()
                turn += 1
            wire.close()

        threads = [threading.Thread(target=client, args=(number,)) for number in range(connections)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts), time.monotonic() - began


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def measure(service, records, connections, seconds):
    """Measures, and prints; returns the errors."""
    load = Load(service, records)
    wire = Wire(service, service.key)
    for turn in range(MIX * 5):
        load.one(wire, turn)
    load.times.clear()
    for _ in range(30):
        load.point(wire)
    wire.close()
    alone, load.times = load.times, []
    asked, took = load.run(connections, max(2, seconds / 10))
    capacity = asked / took
    print(f"alone: a point query takes {percentile(alone, .5) * 1e3:.1f} ms, p99 {percentile(alone, .99) * 1e3:.1f} ms")
    print(f"{connections} connections: {capacity:.1f} queries a second, each of three or more requests")
    load.times = []
    asked, took = load.run(connections, seconds, capacity / 2)
    point = load.times or alone
    print(f"at half of that: {asked} queries in {took:.0f} s, {len(load.errors)} errors; a point query takes"
          f" {percentile(point, .5) * 1e3:.1f} ms, p99 {percentile(point, .99) * 1e3:.1f} ms,"
          f" {percentile(point, .99) / percentile(alone, .5):.1f} times its median alone")
    for error in load.errors[:10]:
        print(error)
    return load.errors


def main():
    connections, seconds = (int(argument) for argument in (sys.argv[1:] + ["200", "300"][len(sys.argv) - 1:])[:2])
    with tempfile.TemporaryDirectory(prefix="traillake-load-") as folder:
        scratch = Path(folder)
        found, _ = logs.folder(services.run, scratch)
        services.run("import", found, lake=scratch / "lake")
        service = services.Service(scratch / "lake")
        try:
            failed = measure(service, logs.records(found), connections, seconds)
        finally:
            service.stop()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
