"""Channels, and events that come through them: by boto3 and the AWS CLI, at once, and until the service is killed."""

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import uuid

import pytest
from botocore.exceptions import BotoCoreError

import shapes
from clients import answer, client, pages, refusal
from service import Service, make_key, run
from test_cli import AWS, answered

ACCOUNT = "111122223333"
ACTIVITY = [{"Name": "activity", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]
UNKNOWN = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:channel/11111111-1111-1111-1111-111111111111"


def sender(service, key, **config):
    """A client of cloudtrail-data, whose every answer is held against the service model."""
    made = client(service, key, name="cloudtrail-data", region="eu-west-1", **config)

    def checked(http_response, model, **_):
        body = json.loads(http_response.content)
        assert http_response.headers["Content-Type"] == "application/json"
        assert http_response.headers["x-amzn-RequestId"]
        if http_response.status_code == 200:
            shapes.check_answer(model.output_shape, body, model.name)
        else:
            assert http_response.headers["x-amzn-ErrorType"] == body["__type"] and body["message"]

    made.meta.events.register("after-call.cloudtrail-data", checked)
    return made


def store_of(lake):
    """Makes a store of events from outside AWS; returns its ARN."""
    name = f"activity-{uuid.uuid4().hex[:12]}"
    made = lake.create_event_data_store(
        Name=name, AdvancedEventSelectors=ACTIVITY, TerminationProtectionEnabled=False, MultiRegionEnabled=False,
    )
    assert made["AdvancedEventSelectors"] == ACTIVITY
    return made["EventDataStoreArn"]


def channel_of(lake, *stores):
    """Makes a channel to stores; returns its ARN."""
    name = f"channel-{uuid.uuid4().hex[:12]}"
    return lake.create_channel(Name=name, Source="Custom", Destinations=to(*stores))["ChannelArn"]


def to(*stores):
    return [{"Type": "EVENT_DATA_STORE", "Location": store} for store in stores]


def data(uid, **more):
    event = {
        "version": "1.0", "UID": uid, "eventName": "Buy", "eventSource": "shop.example.com",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "User", "principalId": "alice", "details": {"team": "blue"}},
        "requestParameters": {"item": "x", "count": 3},
    }
    return {**event, **more}


def event(id, data):
    return {"id": id, "eventData": data if isinstance(data, str) else json.dumps(data)}


def uids(lake, store):
    rows = answer(lake, f"SELECT eventData.UID FROM {store.rsplit('/', 1)[1]} ORDER BY 1")
    return [uid for [uid] in rows]


@pytest.fixture
def store(lake):
    return store_of(lake)


@pytest.fixture
def channel(lake, store):
    return channel_of(lake, store)


@pytest.fixture(scope="module")
def sends(place, lake):
    return sender(place, place.key)


def test_a_channel_comes_changes_and_goes(lake, store):
    other, name = store_of(lake), f"channel-{uuid.uuid4().hex[:12]}"
    tags = [{"Key": "team", "Value": "blue"}]
    made = lake.create_channel(Name=name, Source="Custom", Destinations=to(store), Tags=tags)
    arn = made["ChannelArn"]
    assert (made["Name"], made["Source"], made["Destinations"], made["Tags"]) == (name, "Custom", to(store), tags)
    got = lake.get_channel(Channel=arn.rsplit("/", 1)[1])
    assert (got["ChannelArn"], got["Name"], got["Destinations"]) == (arn, name, to(store))
    assert "IngestionStatus" not in got and "SourceConfig" not in got
    changed = lake.update_channel(Channel=arn, Destinations=to(store, other))
    assert changed["Destinations"] == to(store, other) and "Tags" not in changed
    lake.add_tags(ResourceId=arn, TagsList=[{"Key": "cost", "Value": "1"}])
    (listed,) = lake.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    assert {tag["Key"] for tag in listed["TagsList"]} == {"team", "cost"}
    exists = ("ChannelExistsForEDSException", 400)
    assert refusal(lake.delete_event_data_store, EventDataStore=other) == exists
    lake.delete_channel(Channel=arn)
    lake.delete_event_data_store(EventDataStore=other)
    gone = ("ChannelNotFoundException", 400)
    assert refusal(lake.get_channel, Channel=arn) == refusal(lake.add_tags, ResourceId=arn, TagsList=tags) == gone


def test_channels_are_listed_page_by_page(lake, store):
    made = [channel_of(lake, store) for _ in range(5)]
    listed, tokens = pages(lake.list_channels, "Channels", MaxResults=2)
    arns = [channel["ChannelArn"] for channel in listed]
    # The newest first.
    assert arns[:5] == made[::-1] and len(arns) == len(set(arns)) and len(tokens) == (len(arns) - 1) // 2
    assert refusal(lake.list_channels, NextToken="nonsense") == ("InvalidNextTokenException", 400)
    for arn in made:
        lake.delete_channel(Channel=arn)
    assert not set(made) & {one["ChannelArn"] for one in lake.list_channels()["Channels"]}


def test_wrong_channels_are_refused(lake, made, store):
    def create(source="Custom", **destination):
        name, wanted = f"channel-{uuid.uuid4().hex[:12]}", {**to(store)[0], **destination}
        return refusal(lake.create_channel, Name=name, Source=source, Destinations=[wanted])

    assert create(source="Nobody") == ("InvalidSourceException", 400)
    assert create(Location=made["EventDataStoreArn"]) == ("InvalidEventDataStoreCategoryException", 400)
    assert create(Location=UNKNOWN.replace("channel", "eventdatastore")) == ("EventDataStoreNotFoundException", 400)
    assert create(Location=UNKNOWN) == ("EventDataStoreARNInvalidException", 400)
    assert create(Type="AWS_SERVICE") == create(Type="BUCKET") == ("InvalidParameterException", 400)
    lake.create_channel(Name=f"partner-{uuid.uuid4().hex[:8]}", Source="GitHub", Destinations=to(store))
    assert create(source="GitHub") == ("ChannelAlreadyExistsException", 400)
    assert refusal(lake.get_channel, Channel=store) == ("ChannelARNInvalidException", 400)
    assert refusal(lake.update_channel, Channel=UNKNOWN, Name="later") == ("ChannelNotFoundException", 400)


def test_readers_see_channels_and_send_nothing(place, lake, channel):
    key = make_key(place.lake, "reader")
    asked = client(place, key, region="eu-west-1")
    assert asked.get_channel(Channel=channel)["ChannelArn"] == channel and asked.list_channels()["Channels"]
    assert refusal(asked.delete_channel, Channel=channel) == ("AccessDeniedException", 400)
    put = sender(place, key).put_audit_events
    assert refusal(put, channelArn=channel, auditEvents=[event("a", data("u"))]) == ("AccessDeniedException", 403)


def test_what_is_sent_is_queried_at_once(lake, store, channel, sends):
    sent = data("u-1", additionalEventData={"née": ["a", {"b": None}]}, errorCode="Denied")
    text = json.dumps(sent, ensure_ascii=False)
    checksum = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    whole = {"id": "a", "eventData": text, "eventDataChecksum": checksum}
    taken = sends.put_audit_events(channelArn=channel, auditEvents=[whole, event("b", data("u-2"))])
    assert taken["failed"] == [] and [one["id"] for one in taken["successful"]] == ["a", "b"]
    first, last = (one["eventID"] for one in taken["successful"])
    row = answer(lake, f"""
        SELECT eventID, eventData.userIdentity.details['team'], element_at(eventData.requestParameters, 'count'),
            eventData.errorCode, metadata.channelARN, eventCategory, recipientAccountId, awsRegion, eventJson
        FROM {store.rsplit("/", 1)[1]} WHERE eventData.UID = 'u-1'""")[0]
    assert row[:-1] == [first, "blue", "3", "Denied", channel, "ActivityAuditLog", ACCOUNT, "eu-west-1"]
    assert text in row[-1] and json.loads(row[-1])["eventData"] == sent
    status = lake.get_channel(Channel=channel)["IngestionStatus"]
    assert status["LatestIngestionSuccessEventID"] == status["LatestIngestionAttemptEventID"] == last
    assert status["LatestIngestionSuccessTime"] == status["LatestIngestionAttemptTime"]
    assert "LatestIngestionErrorCode" not in status
    # Once more, as by a client that saw no answer.
    again = sends.put_audit_events(channelArn=channel, auditEvents=[whole])
    assert again["successful"] == [{"id": "a", "eventID": first}]
    assert uids(lake, store) == ["u-1", "u-2"]
    # The same UID with another content is another event.
    sends.put_audit_events(channelArn=channel, auditEvents=[event("a", data("u-2", eventName="Sell"))])
    assert uids(lake, store) == ["u-1", "u-2", "u-2"]


def test_events_are_refused_each_for_itself(lake, store, channel, sends):
    wrong = {
        "InvalidChecksum": {"id": "sum", "eventData": "{}", "eventDataChecksum": "e30="},
        "InvalidData": event("deep", '{"a":' * 100_000),
        "FieldNotFound": event("field", data("u", userIdentity={"type": "User"})),
        "FieldTooLong": event("long", data("u", requestParameters={"a": "x" * 102_400})),
        "InvalidRecipient": event("account", data("u", recipientAccountId="444455556666")),
        "InvalidEventSource": event("source", data("u", eventSource="a\u0007b")),
    }
    more = [event(f"json-{n}", text) for n, text in enumerate(["", "5", "[]", "{", '{"a":1}}', '{"UID":"\\ud800"}'])]
    old = event("old", data("u", eventTime="2001-02-03T04:05:06"))
    taken = sends.put_audit_events(channelArn=channel, auditEvents=[*wrong.values(), *more, event("good", data("u-1")), old])
    assert [one["id"] for one in taken["successful"]] == ["good"]
    codes = {one["id"]: one["errorCode"] for one in taken["failed"]}
    assert {code: codes[one["id"]] for code, one in wrong.items()} == {code: code for code in wrong}
    assert [codes[f"json-{n}"] for n in range(6)] == ["InvalidData"] * 5 + ["FieldNotFound"]
    assert codes["old"] == "InvalidData" and uids(lake, store) == ["u-1"]
    status = lake.get_channel(Channel=channel)["IngestionStatus"]
    assert status["LatestIngestionErrorCode"] == "InvalidData" and status["LatestIngestionSuccessEventID"]


def test_hostile_fields_are_kept_as_they_are(lake, store, channel, sends):
    names = ["'; DROP TABLE x; --", "\x00\u2028\u202e\U0001f4a3", "a" * 1_024, "{\"UID\":\"x\"}", "${jndi:ldap://x}"]
    deep = json.loads("[" * 200 + "1" + "]" * 200)
    numbers = '"big":123456789012345678901234567890,"tiny":1e-400,"many":' + "9" * 5_000
    events = [event(str(n), data(f"u-{n}", eventName=name, deep=deep)) for n, name in enumerate(names)]
    events.append(event("numbers", json.dumps(data("u-9"))[:-1] + ',"requestParameters2":{' + numbers + "}}"))
    taken = sends.put_audit_events(channelArn=channel, auditEvents=events)
    assert taken["failed"] == []
    rows = answer(lake, f"SELECT eventData.eventName FROM {store.rsplit('/', 1)[1]} ORDER BY eventData.UID")
    assert [name for [name] in rows] == [*names, "Buy"]


def test_requests_are_refused_as_a_whole(lake, store, channel, sends):
    put, one = sends.put_audit_events, [event("a", data("u-1"))]
    assert refusal(put, channelArn=UNKNOWN, auditEvents=one) == ("ChannelNotFound", 404)
    assert refusal(put, channelArn=store, auditEvents=one) == ("InvalidChannelARN", 400)
    assert refusal(put, channelArn="nonsense", auditEvents=one) == ("InvalidChannelARN", 400)
    theirs = channel.replace(ACCOUNT, "444455556666")
    assert refusal(put, channelArn=theirs, auditEvents=one) == ("ChannelInsufficientPermission", 403)
    twice = [event("a", data("u-1")), event("a", data("u-2"))]
    assert refusal(put, channelArn=channel, auditEvents=twice) == ("DuplicatedAuditEventId", 400)
    for wrong in ([event("a b", "{}")], [event("a" * 129, "{}")], [event(str(n), "{}") for n in range(101)]):
        assert refusal(put, channelArn=channel, auditEvents=wrong) == ("ValidationException", 400)
    large = [event(str(n), data(f"u-{n}", somethingElse="x" * 11_000)) for n in range(100)]
    assert refusal(put, channelArn=channel, auditEvents=large)[1] == 413
    assert uids(lake, store) == []
    most = [event(str(n), data(f"u-{n}", somethingElse="x" * 10_000)) for n in range(100)]
    assert len(put(channelArn=channel, auditEvents=most)["successful"]) == 100 == len(uids(lake, store))


def test_bodies_that_are_no_requests_are_refused(place):
    host = f"127.0.0.1:{place.port}"
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 1_000_000, b'{"auditEvents":' + b'{"a":' * 200_000):
        asked = http.client.HTTPConnection(host, timeout=60)
        asked.request("POST", "/PutAuditEvents?channelArn=x", body)
        got = asked.getresponse()
        assert got.status in (400, 403) and json.loads(got.read())["__type"] == "MissingAuthenticationTokenException"
        asked.close()


def test_a_policy_asks_for_an_external_id(lake, channel, sends):
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "cloudtrail-data:PutAuditEvents", "Resource": channel,
        "Condition": {"StringEquals": {"cloudtrail:ExternalId": "ours"}},
    }]}
    lake.put_resource_policy(ResourceArn=channel, ResourcePolicy=json.dumps(policy))
    asked = {"channelArn": channel, "auditEvents": [event("a", data("u-1"))]}
    denied = ("ChannelInsufficientPermission", 403)
    assert refusal(sends.put_audit_events, **asked) == denied
    assert refusal(sends.put_audit_events, **asked, externalId="theirs") == denied
    assert len(sends.put_audit_events(**asked, externalId="ours")["successful"]) == 1
    lake.delete_resource_policy(ResourceArn=channel)
    assert len(sends.put_audit_events(**asked)["successful"]) == 1


def test_the_command_line_sends_events(place, lake, store, channel):
    environment = {**os.environ, **place.environment}

    def aws(*arguments):
        command = [sys.executable, AWS, *arguments, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    events = json.dumps([event("a", data("u-cli"))])
    put = aws("cloudtrail-data", "put-audit-events", "--channel-arn", channel, "--audit-events", events)
    assert [one["id"] for one in answered(put)["successful"]] == ["a"]
    assert uids(lake, store) == ["u-cli"]
    assert answered(aws("cloudtrail", "get-channel", "--channel", channel))["IngestionStatus"]
    code, _, errors = aws("cloudtrail-data", "put-audit-events", "--channel-arn", UNKNOWN, "--audit-events", events)
    assert code != 0 and "ChannelNotFound" in errors


def test_many_senders_share_few_files(place, lake, store, channel, sends):
    put, failures, taken = sends.put_audit_events, [], []

    def send(number):
        for call in range(8):
            events = [event(str(n), data(f"{number}-{call}-{n}")) for n in range(20)]
            try:
                answered = put(channelArn=channel, auditEvents=events)
                taken.extend(one["eventID"] for one in answered["successful"])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(set(taken)) == 1_600 == len(set(uids(lake, store)))
    files = list((place.lake / "stores" / store.rsplit("/", 1)[1]).glob("*/*.orc"))
    # What is merged while a query reads stays until the next change.
    assert len(files) <= 2 * 16, files
    imports = json.loads(run("imports", "list", "--json", lake=place.lake))
    (of_channel,) = [one for one in imports if one["paths"] == [channel]]
    assert (of_channel["status"], of_channel["stored"]) == ("COMPLETED", 1_600)


def prepared(service):
    """A store and a channel of a service of its own, and its clients."""
    asked = client(service, service.key, region="eu-west-1")
    store = store_of(asked)
    return asked, store, channel_of(asked, store)


def test_what_was_answered_is_there_after_a_kill(scratch):
    options = ("--account", ACCOUNT, "--region", "eu-west-1")
    first = Service(scratch / "sent", *options)
    answered, is_over = [], threading.Event()
    try:
        asked, store, channel = prepared(first)
        put = sender(first, first.key).put_audit_events

        def send(number):
            for call in range(1_000):
                events = [event(str(n), data(f"{number}-{call}-{n}")) for n in range(10)]
                try:
                    taken = put(channelArn=channel, auditEvents=events)["successful"]
                except (BotoCoreError, AssertionError):
                    return
                answered.extend((f"{number}-{call}-{one['id']}", one["eventID"]) for one in taken)
                if len(answered) > 300:
                    is_over.set()

        threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        assert is_over.wait(60)
    finally:
        first.kill()
    for thread in threads:
        thread.join()
    second = Service(first.lake, *options)
    try:
        asked = client(second, first.key, region="eu-west-1")
        rows = answer(asked, f"SELECT eventData.UID, eventID FROM {store.rsplit('/', 1)[1]}")
        assert len(rows) == len({uid for uid, _ in rows})
        assert {tuple(row) for row in rows} >= set(answered) and len(answered) > 300
        status = asked.get_channel(Channel=channel)["IngestionStatus"]
        assert status["LatestIngestionSuccessEventID"] in {id for _, id in rows}
        # What is sent again is known, what is new is taken.
        again = sender(second, first.key).put_audit_events(channelArn=channel, auditEvents=[event("a", data("new"))])
        assert len(again["successful"]) == 1 and "new" in uids(asked, store)
        # Files that the killed process did not list are gone.
        folder = second.lake / "stores" / store.rsplit("/", 1)[1]
        assert not list(folder.glob("*/.*.tmp"))
    finally:
        second.stop()


@pytest.mark.parametrize("fault", ["rename:2:kill", "committed:8:kill", "sync:2:broken", "write:9:full"])
def test_a_fault_loses_nothing_that_was_answered(scratch, fault):
    options = ("--account", ACCOUNT, "--region", "eu-west-1")
    first = Service(scratch / f"fault-{fault.replace(':', '-')}", *options)
    asked, store, channel = prepared(first)
    assert first.stop() == 0
    events = [[event("a", data(f"{call}-a")), event("b", data(f"{call}-b"))] for call in range(12)]
    faulty = Service(first.lake, *options, environment={"TRAILLAKE_FAULT": fault})
    answered, put = set(), sender(faulty, first.key).put_audit_events
    for call in range(12):
        try:
            taken = put(channelArn=channel, auditEvents=events[call])
        except BotoCoreError:
            break
        answered |= {f"{call}-{one['id']}" for one in taken["successful"]}
        assert {one["errorCode"] for one in taken["failed"]} <= {"InternalFailure"}
    faulty.kill()
    second = Service(first.lake, *options)
    try:
        asked = client(second, first.key, region="eu-west-1")
        assert answered <= set(uids(asked, store)) and len(answered) < 24, (answered, uids(asked, store))
        put = sender(second, first.key).put_audit_events
        for batch in events:
            assert len(put(channelArn=channel, auditEvents=batch)["successful"]) == 2
        assert uids(asked, store) == sorted(f"{call}-{id}" for call in range(12) for id in "ab")
    finally:
        second.stop()
