"""Requests as no SDK sends them, and what the port answers itself."""

import concurrent.futures
import json
import re
import socket
import uuid
from email.utils import parsedate_to_datetime

import pytest

from wire import JSON, Wire, now


@pytest.mark.parametrize("target", [0, 1])
def test_both_targets_are_known(wire, target):
    assert wire.ask("ListEventDataStores", target=target).json["EventDataStores"][0]["Name"] == "default"


def test_an_answer_has_the_headers_that_sdks_read(wire):
    answers = [wire.ask("ListEventDataStores") for _ in range(2)]
    ids = {str(uuid.UUID(answer.headers["x-amzn-RequestId"])) for answer in answers}
    assert len(ids) == 2
    for answer in answers:
        assert answer.headers["Content-Type"] == JSON
        assert abs((parsedate_to_datetime(answer.headers["Date"]) - now()).total_seconds()) < 60


@pytest.mark.parametrize("target", [
    None, "ListEventDataStores", "CloudTrail_20131101.listEventDataStores", "CloudTrail_20131101.NoSuchOperation",
    "CloudTrail_20131101.", "DynamoDB_20120810.ListTables", "x" * 2_000,
])
def test_other_targets_are_unknown(wire, target):
    answer = wire.ask(None, more={"x-amz-target": target})
    assert (answer.status, answer.error) == (400, "UnknownOperationException")


@pytest.mark.parametrize("body", [
    b"", b"{}", b" {} ", b'{"MaxResults": null}', b'{"MaxResults": null, "NextToken": null}', b'{"Unknown": [{}]}',
    b'{"MaxResults": 5, "MaxResults": 5}',
])
def test_what_says_nothing_is_no_error(wire, body):
    answer = wire.ask("ListEventDataStores", body)
    assert answer.status == 200 and len(answer.json["EventDataStores"]) >= 1, answer.body


@pytest.mark.parametrize("body", [
    b"{", b"[]", b"null", b'"text"', b"1", b"{'a': 1}", b"{} {}", b'{"MaxResults": 1,}', b"\xff\xfe{\x00}\x00",
    b'{"NextToken": "\xff"}', b'{"MaxResults": 1e400}', b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"\x00",
])
def test_what_is_no_json_of_the_model_is_told_so(wire, body):
    answer = wire.ask("ListEventDataStores", body)
    assert (answer.status, answer.error) == (400, "SerializationException"), answer.body


@pytest.mark.parametrize("body", [{"MaxResults": "1"}, {"MaxResults": 1.5}, {"MaxResults": True}, {"NextToken": 1}])
def test_a_member_of_a_wrong_type_is_told_so(wire, body):
    answer = wire.ask("ListEventDataStores", body)
    assert (answer.status, answer.error) == (400, "SerializationException"), answer.body


def test_a_null_and_an_absent_member_are_the_same(wire):
    sql = {"QueryStatement": "SELECT 1", "QueryAlias": None, "DeliveryS3Uri": None, "QueryParameters": None}
    assert wire.ask("StartQuery", sql).status == 200
    assert wire.ask("StartQuery", {"QueryStatement": None}).error == "InvalidParameterException"


def test_any_charset_and_any_text_is_taken(wire):
    asked = {"QueryStatement": "SELECT 'İıŞß 😀 \u0000\u202e' AS \"Ä\""}
    for content_type in (JSON, JSON + "; charset=utf-8"):
        answer = wire.ask("StartQuery", json.dumps(asked, ensure_ascii=False).encode(), content_type=content_type)
        assert answer.status == 200, answer.body
    described = wire.ask("DescribeQuery", {"QueryId": answer.json["QueryId"]})
    assert described.json["QueryString"] == asked["QueryStatement"]


def test_times_are_numbers_of_any_form(wire):
    for start in ("0", "1.5e9", "1500000000.123456", "-1"):
        answer = wire.ask("LookupEvents", b'{"MaxResults": 1, "StartTime": %s}' % start.encode())
        assert answer.status == 200, answer.body
    for wrong in ('"yesterday"', "true", "[]", "{}"):
        answer = wire.ask("LookupEvents", b'{"StartTime": %s}' % wrong.encode())
        assert (answer.status, answer.error) == (400, "SerializationException")
    for far in ("1e18", "-1e18", "1e300"):
        assert wire.ask("LookupEvents", b'{"MaxResults": 1, "StartTime": %s}' % far.encode()).status in (200, 400)


def test_a_body_of_five_megabytes_is_too_large(service, wire):
    # Within the bound it is read, and not taken for a name.
    answer = wire.ask("CreateEventDataStore", {"Name": "a" * 3_000_000})
    assert (answer.status, answer.error) == (400, "InvalidParameterException")
    assert len(answer.body) < 10_000
    wire.close()
    answer = wire.ask("CreateEventDataStore", {"Name": "a" * 5_000_000})
    assert answer.status == 413
    wire.close()
    assert wire.ask("ListEventDataStores").status == 200


@pytest.mark.parametrize("headers", [
    {"origin": "http://127.0.0.1"}, {"origin": "null"}, {"origin": "https://example.org"},
    {"sec-fetch-site": "cross-site"}, {"host": "example.org"}, {"host": "127.0.0.1.example.org"},
])
def test_pages_in_a_browser_and_foreign_names_are_kept_out(wire, headers):
    answer = wire.ask("ListEventDataStores", more=headers)
    assert answer.status == 403 and b"EventDataStores" not in answer.body


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "[::1]", "127.0.0.1"])
def test_names_of_this_machine_are_its_own(wire, name):
    # The signature is of another name; what matters is that it was looked at.
    answer = wire.ask("ListEventDataStores", more={"host": f"{name}:{wire.port}"})
    assert answer.status in (200, 400)


def test_methods_and_paths_that_nobody_has_are_refused(wire):
    for method, path in (("GET", "/"), ("POST", "/other"), ("PUT", "/"), ("DELETE", "/x"), ("GET", "/service/x")):
        answer = wire.send(b"", {"host": "localhost"}, path, method)
        assert 400 <= answer.status < 500, (method, path)


def test_what_is_no_http_is_refused(service):
    for sent in (b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"\r\n" * 50_000):
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            received = connection.recv(65_536)
            assert not received or received.startswith(b"HTTP/1.1 4"), received


def test_health_and_metrics_are_told_to_everybody(wire):
    host = {"host": "localhost"}
    health = wire.send(b"", host, "/health", "GET")
    assert (health.status, health.body) == (200, b"ok\n")
    metrics = wire.send(b"", host, "/metrics", "GET")
    assert metrics.status == 200 and re.search(rb"^http_requests\w*\{.*cloudtrail.*\} \d+", metrics.body, re.MULTILINE)


def test_the_access_log_has_a_line_for_each_request_and_no_secrets(service, wire):
    answer = wire.ask("GetEventDataStore", {"EventDataStore": "nobody-has-this-name"})
    id = answer.headers["x-amzn-RequestId"]
    wire.presigned("ListEventDataStores")
    deadline = now().timestamp() + 10
    while id not in service.log.read_text(encoding="utf-8") and now().timestamp() < deadline:
        pass
    lines = [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]
    (line,) = [line for line in lines if line["request_id"] == id]
    expected = {
        "operation": "GetEventDataStore", "service": "cloudtrail", "status": 400, "access_key_id": service.key.id,
        "error_code": "EventDataStoreNotFoundException", "method": "POST",
    }
    assert {name: line[name] for name in expected} == expected
    assert service.key.secret not in service.log.read_text(encoding="utf-8")


def test_many_ask_at_once(service):
    def ask(number):
        one = Wire(service, service.key)
        try:
            return [one.ask("ListEventDataStores").status for _ in range(20)]
        finally:
            one.close()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert {status for found in pool.map(ask, range(16)) for status in found} == {200}
