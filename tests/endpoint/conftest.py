"""The lake and the service that most tests ask, and the clients that ask it."""

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest

import logs
import service as services
from clients import client
from wire import Wire

# What somebody's shell or files say about AWS must not matter.
for name in list(os.environ):
    if name.startswith("AWS_") or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ.update(
    AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true",
    AWS_PAGER="", NO_PROXY="*",
)


class Imported:
    """A lake with imported log files, and what is in them."""

    def __init__(self, lake, records, known):
        self.lake, self.records, self.known = lake, records, known

    def copy(self, to):
        """The same lake once more, for a service of its own."""
        shutil.copytree(self.lake, to)
        return to


@pytest.fixture(scope="session")
def scratch():
    with tempfile.TemporaryDirectory(prefix="traillake-endpoint-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def imported(scratch):
    folder, known = logs.folder(services.run, scratch)
    lake = scratch / "imported"
    services.run("import", folder, lake=lake)
    return Imported(lake, logs.records(folder), known)


@pytest.fixture(scope="session")
def service(imported, scratch):
    started = services.Service(imported.copy(scratch / "lake"))
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def reader(service):
    return services.make_key(service.lake, "reader")


@pytest.fixture(scope="session")
def cloudtrail(service):
    return client(service, service.key)


@pytest.fixture
def wire(service):
    opened = Wire(service, service.key)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def default_store(cloudtrail):
    """The ARN of the store that has the events."""
    return cloudtrail.list_event_data_stores()["EventDataStores"][0]["EventDataStoreArn"]


@pytest.fixture(scope="session")
def place(scratch):
    """A service over an empty lake, of another account and region."""
    started = services.Service(scratch / "stores", "--account", "111122223333", "--region", "eu-west-1")
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def lake(place):
    asked = client(place, place.key, region="eu-west-1")
    assert asked.list_event_data_stores()["EventDataStores"] == []
    asked.create_event_data_store(Name="taken")
    return asked


@pytest.fixture
def made(lake):
    """A store that a test may do with as it likes."""
    name = f"made-{uuid.uuid4().hex[:12]}"
    return lake.create_event_data_store(Name=name, TerminationProtectionEnabled=False)
