"""The log files that are asked about, read without traillake: what answers are compared with."""

import gzip
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# 2,900 events of an intrusion, if the folder is there.
KNOWN = ROOT.parent / "shared" / "data" / "invictus"


def folder(run, scratch):
    """The folder of log files, and whether it is the one with known counts. `run` runs traillake."""
    named = os.environ.get("TRAILLAKE_TEST_LOGS")
    if named:
        return Path(named), Path(named).name == KNOWN.name
    if KNOWN.is_dir():
        return KNOWN, True
    made = scratch / "logs"
    if not made.is_dir():
        run("synth", "--events", "3000", "--seed", "7", "--out", str(made))
    return made, False


def records(folder):
    """All records below a folder, each once."""
    found = {}
    for path in sorted(folder.rglob("*.json")) + sorted(folder.rglob("*.json.gz")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            parsed = json.load(file)
        for record in parsed.get("Records", []) if isinstance(parsed, dict) else []:
            key = (record["eventID"].lower(), record.get("recipientAccountId"))
            found.setdefault(key, record)
    return list(found.values())


def is_management(record):
    """Whether the event history has an event."""
    category = record.get("eventCategory")
    return category == "Management" or (category is None and record.get("managementEvent", True))
