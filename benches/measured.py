"""What the benchmarks in Python measure alike."""

import glob
import json
import os
import subprocess
import sys
import time


def measured(command):
    """Runs a command in a process of its own, so that peaks before do not count: seconds, processor seconds, peak in MB."""
    code = ("import json,resource,subprocess,sys,time; s=time.perf_counter(); "
            "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL); "
            "u=resource.getrusage(resource.RUSAGE_CHILDREN); "
            "print(json.dumps([time.perf_counter()-s,u.ru_utime+u.ru_stime,u.ru_maxrss/1024]))")
    out = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def seconds(run):
    """Times one call; returns seconds and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def progress(step):
    """Says on standard error what begins now."""
    print(time.strftime("%H:%M:%S"), step, file=sys.stderr, flush=True)


def size(path):
    """Bytes of the files below a folder."""
    return sum(os.path.getsize(file) for file in glob.glob(f"{path}/**/*", recursive=True) if os.path.isfile(file))
