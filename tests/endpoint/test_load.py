"""Many ask at once, for a few seconds: no answer is an error. How long it takes is printed (`-s`), and judged by nobody."""

from load import measure


def test_twenty_connections_get_answers(service, imported):
    assert measure(service, imported.records, connections=20, seconds=10) == []
