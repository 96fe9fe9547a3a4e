"""Lakes and the services over them, as processes of the program under test."""

import atexit
import os
import re
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlsplit

# The line after everything that a service prints at its start.
READY = "aws cloudtrail list-event-data-stores"
PROGRAM = os.environ.get("TRAILLAKE_TEST_PROGRAM", "traillake")


def run(*arguments, lake=None, code=0):
    """Runs traillake to its end, which must be with this exit code; returns what it printed."""
    where = ["--lake", str(lake)] if lake else []
    done = subprocess.run([PROGRAM, *map(str, arguments), *where], capture_output=True, encoding="utf-8")
    assert done.returncode == code, f"traillake {arguments} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def exports(text):
    """The variables that printed lines export."""
    return dict(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))


class Key:
    """An access key; a temporary one has a token."""

    def __init__(self, id, secret, token=None):
        self.id, self.secret, self.token = id, secret, token


def make_key(lake, role):
    """Makes an access key of a lake, which a running service knows at once."""
    made = exports(run("access-keys", "create", "--role", role, lake=lake))
    return Key(made["AWS_ACCESS_KEY_ID"], made["AWS_SECRET_ACCESS_KEY"])


class Service:
    """`traillake serve` over a lake, from its start until it is stopped or killed."""

    def __init__(self, lake, *options, environment=None):
        self.lake = Path(lake)
        self.log = self.lake.parent / f"{self.lake.name}-access.log"
        self.errors = self.lake.parent / f"{self.lake.name}-errors.txt"
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--lake", str(lake), "--access-log", str(self.log)]
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                [*command, *options], stdout=subprocess.PIPE, stderr=errors, encoding="utf-8",
                env={**os.environ, **(environment or {})},
            )
        # A test that fails must not leave one behind.
        atexit.register(self.kill)
        # One that never gets ready is ended, which ends its output.
        too_long = threading.Timer(60, self.process.kill)
        too_long.start()
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.strip() == READY:
                break
        too_long.cancel()
        self.printed = "".join(lines)
        assert READY in self.printed, f"the service did not start: {self.errors.read_text(encoding='utf-8')}"
        self.environment = exports(self.printed)
        self.endpoint = self.environment["AWS_ENDPOINT_URL_CLOUDTRAIL"]
        self.port = urlsplit(self.endpoint).port

    @property
    def key(self):
        """The key that was made at the start."""
        return Key(self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"])

    def kill(self):
        """Ends the process at once, as the kernel does for want of memory."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Ends it as Ctrl-C does; returns its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        finally:
            self.kill()
