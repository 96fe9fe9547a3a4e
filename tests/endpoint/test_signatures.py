"""Who is let in: signatures, clocks, roles and temporary keys."""

import datetime

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

import service as services
from clients import client, finished, refusal
from service import Key, Service
from wire import Wire, now

ROLE = "arn:aws:iam::444455556666:role/security/detect"
CHANGES = [
    ("create_event_data_store", {"Name": "not-made"}), ("delete_event_data_store", {}),
    ("restore_event_data_store", {}), ("start_event_data_store_ingestion", {}),
    ("stop_event_data_store_ingestion", {}), ("update_event_data_store", {"Name": "renamed"}),
]


@pytest.fixture(scope="module")
def sts(service):
    return client(service, service.key, "sts")


def listed(service, key):
    return client(service, key).list_event_data_stores()["EventDataStores"]


def minutes(count):
    return now() + datetime.timedelta(minutes=count)


def refused(answer):
    return answer.status, answer.error


def test_a_signature_is_good_in_any_region(service):
    for region in ("us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1"):
        assert client(service, service.key, region=region).list_event_data_stores()["EventDataStores"]


def test_keys_that_are_wrong_are_refused(service, wire):
    key = service.key
    wrong = Key(key.id, key.secret[:-1] + "x")
    unknown = Key("AKIA" + "X" * 16, key.secret)
    assert refusal(client(service, wrong).list_event_data_stores) == ("InvalidSignatureException", 400)
    assert refusal(client(service, unknown).list_event_data_stores) == ("UnrecognizedClientException", 400)
    # A key for good has no token.
    tokened = Key(key.id, key.secret, "token")
    assert refused(wire.ask("ListEventDataStores", key=tokened)) == (400, "UnrecognizedClientException")


def test_a_request_without_a_signature_is_refused(service, wire):
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    unsigned = boto3.client("cloudtrail", endpoint_url=service.endpoint, region_name="us-east-1", config=config)
    code, status = refusal(unsigned.list_event_data_stores)
    assert code == "MissingAuthenticationTokenException" and status in (400, 403)
    for authorization in ("Basic YTpi", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b", "x" * 5_000):
        answer = wire.ask("ListEventDataStores", more={"authorization": authorization})
        assert answer.status in (400, 403)
        assert answer.error in ("IncompleteSignatureException", "MissingAuthenticationTokenException")


def test_what_was_changed_on_the_way_is_refused(wire):
    for more in ({"x-amz-target": "CloudTrail_20131101.ListTrails"}, {"content-type": "text/plain"}):
        assert refused(wire.ask("ListEventDataStores", more=more)) == (400, "InvalidSignatureException")
    assert wire.ask("ListEventDataStores", more={"user-agent": "unsigned"}).status == 200


def test_a_signature_is_of_its_time(wire):
    for minute in (-14, 0, 14):
        assert wire.ask("ListEventDataStores", at=minutes(minute)).status == 200, minute
    for minute, word in ((-17, "expired"), (17, "not yet current"), (-60 * 24, "expired")):
        answer = wire.ask("ListEventDataStores", at=minutes(minute))
        assert refused(answer) == (400, "InvalidSignatureException") and word in answer.json["message"]


def test_a_signature_is_of_its_service(wire):
    # S3's errors are XML.
    answer = wire.ask("ListEventDataStores", service="s3")
    assert answer.status in (400, 403) and answer.body.startswith(b"<")
    assert refused(wire.ask("ListEventDataStores", service="ec2")) == (400, "InvalidSignatureException")


def test_a_signature_may_stand_in_the_query(wire):
    assert wire.presigned("ListEventDataStores").status == 200
    assert wire.presigned("ListEventDataStores", at=minutes(-3), seconds=3_600).status == 200
    old = wire.presigned("ListEventDataStores", at=minutes(-3), seconds=60)
    assert refused(old) == (400, "InvalidSignatureException")
    for seconds in (0, 604_801):
        assert wire.presigned("ListEventDataStores", seconds=seconds).status == 400
    wire.key = Key(wire.key.id, "another secret")
    assert refused(wire.presigned("ListEventDataStores")) == (400, "InvalidSignatureException")


def test_readers_ask_and_change_nothing(service, reader, default_store):
    asked = client(service, reader)
    assert finished(asked, "SELECT count(*) FROM event_data_store")
    assert asked.lookup_events(MaxResults=1)["Events"] and asked.list_queries(EventDataStore=default_store)
    for name, members in CHANGES:
        needs = name != "create_event_data_store"
        store = {"EventDataStore": default_store} if needs else {}
        assert refusal(getattr(asked, name), **store, **members) == ("AccessDeniedException", 400)
    assert asked.get_event_data_store(EventDataStore=default_store)["Name"] == "default"


def test_a_key_is_good_until_it_is_deleted(service):
    key = services.make_key(service.lake, "admin")
    assert listed(service, key)
    services.run("access-keys", "delete", key.id, lake=service.lake)
    assert refusal(client(service, key).list_event_data_stores) == ("UnrecognizedClientException", 400)


def test_sts_knows_who_asks(service, sts, reader):
    identity = sts.get_caller_identity()
    assert identity["Account"] == "000000000000" and service.key.id in identity["Arn"]
    assert reader.id in client(service, reader, "sts").get_caller_identity()["Arn"]
    code, status = refusal(client(service, Key(reader.id, "wrong secret"), "sts").get_caller_identity)
    assert (code, status) == ("SignatureDoesNotMatch", 403)


def temporary(answer):
    credentials = answer["Credentials"]
    assert credentials["Expiration"] > now()
    return Key(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


def test_temporary_keys_have_the_role_of_who_asked(service, sts, reader):
    assumed = temporary(sts.assume_role(RoleArn=ROLE, RoleSessionName="Detections"))
    session = temporary(sts.get_session_token(DurationSeconds=900))
    for key in (assumed, session):
        assert listed(service, key)
        assert refusal(client(service, Key(key.id, key.secret)).list_event_data_stores)[1] in (400, 403)
        other = Key(key.id, key.secret, key.token[:-1] + ("A" if key.token[-1] != "A" else "B"))
        assert refusal(client(service, other).list_event_data_stores) == ("UnrecognizedClientException", 400)
    arn = "arn:aws:sts::444455556666:assumed-role/detect/Detections"
    assert client(service, assumed, "sts").get_caller_identity()["Arn"] == arn
    by_reader = temporary(client(service, reader, "sts").assume_role(RoleArn=ROLE, RoleSessionName="Detections"))
    made = refusal(client(service, by_reader).create_event_data_store, Name="not-made")
    assert made == ("AccessDeniedException", 400)


def test_sts_refuses_what_aws_refuses(sts):
    assert refusal(sts.assume_role, RoleArn="x" * 20, RoleSessionName="session") == ("ValidationError", 400)
    refused = refusal(sts.assume_role, RoleArn=ROLE, RoleSessionName="session", DurationSeconds=43_201)
    assert refused == ("ValidationError", 400)
    code, status = refusal(sts.get_federation_token, Name="name")
    assert status == 400 and code


def test_temporary_keys_end_with_the_service(imported, scratch):
    lake = imported.copy(scratch / "temporary")
    first = Service(lake)
    key = temporary(client(first, first.key, "sts").get_session_token())
    assert first.stop() == 0
    second = Service(lake)
    try:
        assert refusal(client(second, key).list_event_data_stores) == ("UnrecognizedClientException", 400)
        assert listed(second, first.key)
    finally:
        second.stop()


def test_without_authentication_everybody_is_let_in(scratch):
    service = Service(scratch / "open", "--no-auth")
    try:
        wire = Wire(service, Key("nobody", "nothing"))
        answer = wire.send(b"{}", {"x-amz-target": "CloudTrail_20131101.ListEventDataStores", "host": "localhost"})
        assert (answer.status, answer.json) == (200, {"EventDataStores": []})
        assert listed(service, Key("nobody", "nothing")) == []
    finally:
        service.stop()
