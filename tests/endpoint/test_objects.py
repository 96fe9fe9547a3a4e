"""Objects of mapped buckets, read by S3's own clients."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

import service as services
from clients import client, refusal
from service import Key, Service
from wire import now

AWS = Path(sys.executable).with_name("aws")
KEYS = [
    "AWSLogs/1/CloudTrail/2026/01/01/a.json.gz", "AWSLogs/1/CloudTrail/2026/01/02/b.json.gz",
    "AWSLogs/1/CloudTrail-Digest/c.json.gz", "AWSLogs/1/CloudTrail.txt", "a b+c&<é>.txt", "a%2Fb", "ä/ö", "z",
]


@pytest.fixture(scope="module")
def folder(scratch):
    made = scratch / "bucket"
    for key in KEYS:
        path = made / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode() * 3)
    (made / "nothing/below").mkdir(parents=True)
    many = made / "many"
    many.mkdir()
    for number in range(2_500):
        (many / f"{number:04}.json").write_bytes(b"{}")
    (made / "large").write_bytes(bytes(range(256)) * 80_000)
    sidecar = {"signature": "5f" * 256, "signature-algorithm": "SHA256withRSA"}
    (made / ".z.metadata.json").write_text(json.dumps(sidecar), encoding="utf-8")
    (made.parent / "outside").write_text("secret", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def store(folder, scratch):
    started = Service(scratch / "objects", "--bucket", f"logs={folder}", "--bucket", f"my.frozen={folder},ro")
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def s3(store):
    return client(store, store.key, "s3")


@pytest.fixture(scope="module")
def aws(store):
    """Runs the AWS CLI, told nothing but what the service printed; returns its exit code, output and errors."""
    def run(*arguments, **more):
        environment = {**os.environ, **store.environment, "PYTHONIOENCODING": "utf-8", **more}
        done = subprocess.run([sys.executable, AWS, *map(str, arguments)], env=environment, capture_output=True,
                              encoding="utf-8", timeout=120)
        return done.returncode, done.stdout, done.stderr
    return run


def at_localhost(store, key, style, version=None):
    """A client that asks by name. SDKs other than boto3 put the bucket into the host wherever that is a name."""
    config = Config(s3={"addressing_style": style}, signature_version=version, retries={"total_max_attempts": 1})
    return boto3.session.Session().client(
        "s3", endpoint_url=f"http://localhost:{store.port}", region_name="us-east-1", config=config,
        aws_access_key_id=key.id, aws_secret_access_key=key.secret, aws_session_token=key.token,
    )


@pytest.fixture
def localhost(monkeypatch):
    """Names below localhost lead to this machine, whether the system knows them or not."""
    known = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **named):
        is_below = isinstance(host, str) and host.lower().endswith(".localhost")
        return known("127.0.0.1" if is_below else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def keys(pages):
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_the_endpoint_is_printed_for_who_has_buckets(store, service):
    assert store.environment["AWS_ENDPOINT_URL_S3"] == store.endpoint
    assert "AWS_ENDPOINT_URL_S3" not in service.environment


def test_buckets_are_known(s3):
    listed = s3.list_buckets()
    assert [bucket["Name"] for bucket in listed["Buckets"]] == ["logs", "my.frozen"]
    assert all(bucket["CreationDate"] <= now() for bucket in listed["Buckets"])
    paged = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1})
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in paged] == [["logs"], ["my.frozen"]]
    assert s3.head_bucket(Bucket="logs")["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket="logs")["LocationConstraint"] is None
    assert refusal(s3.head_bucket, Bucket="none") == ("404", 404)
    assert refusal(s3.get_bucket_location, Bucket="none") == ("NoSuchBucket", 404)
    assert refusal(s3.get_bucket_versioning, Bucket="logs") == ("NotImplemented", 501)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1_000, 999, 7_000])
def test_objects_are_listed_page_by_page(s3, folder, operation, size):
    expected = sorted((path.relative_to(folder).as_posix() for path in folder.rglob("*")
                       if path.is_file() and not path.name.startswith(".")), key=str.encode)
    pages = list(s3.get_paginator(operation).paginate(Bucket="logs", PaginationConfig={"PageSize": size}))
    assert keys(pages) == expected and len(pages) == 3
    sizes = {item["Key"]: item["Size"] for page in pages for item in page["Contents"]}
    assert all(sizes[key] == len(key.encode()) * 3 for key in KEYS)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_prefixes_and_delimiters_make_folders(s3, operation):
    paginator = s3.get_paginator(operation)

    def told(size, **asked):
        pages = list(paginator.paginate(Bucket="logs", PaginationConfig={"PageSize": size}, **asked))
        return keys(pages), [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]

    for size in (1, 2, 1_000):
        assert told(size, Delimiter="/") == (["a b+c&<é>.txt", "a%2Fb", "large", "z"], ["AWSLogs/", "many/", "ä/"])
        below = told(size, Delimiter="/", Prefix="AWSLogs/1/CloudTrail")
        assert below == (["AWSLogs/1/CloudTrail.txt"], ["AWSLogs/1/CloudTrail-Digest/", "AWSLogs/1/CloudTrail/"])
        assert told(size, Prefix="AWSLogs/1/CloudTrail/2026/01/02") == ([KEYS[1]], [])
        assert told(size, Prefix="nothing") == ([], [])
    assert told(1_000, Prefix="many/2", Delimiter="9")[1][0] == "many/2009"


def test_a_list_begins_where_it_is_told(s3):
    assert keys([s3.list_objects_v2(Bucket="logs", StartAfter="many/2498.json")]) == ["many/2499.json", "z", "ä/ö"]
    assert keys([s3.list_objects(Bucket="logs", Marker="many/2498.json", MaxKeys=2)]) == ["many/2499.json", "z"]
    assert s3.list_objects_v2(Bucket="logs", MaxKeys=0)["KeyCount"] == 0
    assert refusal(s3.list_objects_v2, Bucket="logs", ContinuationToken="?") == ("InvalidArgument", 400)
    assert refusal(s3.list_objects_v2, Bucket="logs", MaxKeys=-1) == ("InvalidArgument", 400)


@pytest.mark.parametrize("key", KEYS)
def test_objects_are_read(s3, key):
    got = s3.get_object(Bucket="logs", Key=key)
    body = key.encode() * 3
    assert (got["Body"].read(), got["ContentLength"], got["ContentType"]) == (body, len(body), "binary/octet-stream")
    head = s3.head_object(Bucket="logs", Key=key)
    assert (head["ETag"], head["LastModified"]) == (got["ETag"], got["LastModified"])
    assert now().timestamp() - 3_600 < head["LastModified"].timestamp() <= now().timestamp()


def test_metadata_are_told(s3):
    for got in (s3.head_object(Bucket="logs", Key="z"), s3.get_object(Bucket="my.frozen", Key="z")):
        assert got["Metadata"] == {"signature": "5f" * 256, "signature-algorithm": "SHA256withRSA"}


def test_parts_of_objects_are_read(s3, folder):
    whole = (folder / "large").read_bytes()
    for asked, expected in (("bytes=0-9", whole[:10]), ("bytes=1000000-", whole[1_000_000:]), ("bytes=-7", whole[-7:])):
        got = s3.get_object(Bucket="logs", Key="large", Range=asked)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206 and got["Body"].read() == expected
        assert got["ContentRange"].endswith(f"/{len(whole)}")
    assert refusal(s3.get_object, Bucket="logs", Key="large", Range=f"bytes={len(whole)}-") == ("InvalidRange", 416)
    assert s3.head_object(Bucket="logs", Key="large", Range="bytes=5-9")["ContentLength"] == 5


def test_who_has_an_object_is_told_so(s3):
    head = s3.head_object(Bucket="logs", Key="z")
    etag, modified = head["ETag"], head["LastModified"]
    assert refusal(s3.get_object, Bucket="logs", Key="z", IfNoneMatch=etag) == ("304", 304)
    assert refusal(s3.get_object, Bucket="logs", Key="z", IfModifiedSince=modified) == ("304", 304)
    assert refusal(s3.get_object, Bucket="logs", Key="z", IfMatch='"other"') == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket="logs", Key="z", IfMatch=etag)["Body"].read() == b"zzz"


def test_large_objects_are_downloaded_in_parts(s3, folder, tmp_path):
    s3.download_file("logs", "large", str(tmp_path / "large"))
    of = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "large", folder / "large")]
    assert of[0] == of[1]


@pytest.mark.parametrize("key", ["none", "AWSLogs", "AWSLogs/", "../outside", "a/../z", "/z", ".z.metadata.json", "z/"])
def test_what_is_no_object_is_missing(s3, key):
    assert refusal(s3.get_object, Bucket="logs", Key=key) == ("NoSuchKey", 404)
    assert refusal(s3.head_object, Bucket="logs", Key=key) == ("404", 404)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="logs", Key=key)


def test_nothing_is_written(s3, folder):
    before = sorted(path.name for path in folder.iterdir())
    denied = ("AccessDenied", 403)
    for bucket in ("logs", "my.frozen"):
        assert refusal(s3.put_object, Bucket=bucket, Key="new", Body=b"x" * 100_000) == denied
        assert refusal(s3.delete_object, Bucket=bucket, Key="z") == denied
        assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "z"}]}) == denied
        assert refusal(s3.copy_object, Bucket=bucket, Key="new", CopySource="logs/z") == denied
        assert refusal(s3.create_multipart_upload, Bucket=bucket, Key="new") == denied
        assert refusal(s3.delete_bucket, Bucket=bucket) == denied
    assert refusal(s3.create_bucket, Bucket="new") == denied
    assert sorted(path.name for path in folder.iterdir()) == before


def test_readers_and_temporary_keys_read(store):
    reader = services.make_key(store.lake, "reader")
    assert client(store, reader, "s3").get_object(Bucket="logs", Key="z")["Body"].read() == b"zzz"
    made = client(store, reader, "sts").get_session_token()["Credentials"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert client(store, key, "s3").get_object(Bucket="logs", Key="z")["Body"].read() == b"zzz"
    without = client(store, Key(key.id, key.secret), "s3")
    assert refusal(without.get_object, Bucket="logs", Key="z") == ("InvalidToken", 400)


def test_others_are_refused(store):
    wrong = client(store, Key(store.key.id, "wrong secret"), "s3")
    assert refusal(wrong.list_buckets) == ("SignatureDoesNotMatch", 403)
    nobody = client(store, Key("AKIA" + "X" * 16, "secret"), "s3")
    assert refusal(nobody.get_object, Bucket="logs", Key="z") == ("InvalidAccessKeyId", 403)
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    unsigned = boto3.client("s3", endpoint_url=store.endpoint, region_name="us-east-1", config=config)
    assert refusal(unsigned.get_object, Bucket="logs", Key="z") == ("AccessDenied", 403)


def fetched(url, method="GET"):
    """What plain HTTP gets from an address: the status, the headers and the body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("version", [None, "s3v4"])
def test_presigned_addresses_need_no_client(store, localhost, style, version):
    """Without a version boto3 signs as of old, in most regions."""
    session = client(store, store.key, "sts").get_session_token()["Credentials"]
    temporary = Key(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    for key in (store.key, temporary):
        maker = at_localhost(store, key, style, version)
        asked = {"Bucket": "logs", "Key": KEYS[4], "ResponseContentType": "text/plain"}
        url = maker.generate_presigned_url("get_object", asked, ExpiresIn=60)
        assert ("logs.localhost" in url) == (style == "virtual") and ("X-Amz-Algorithm" in url) == (version == "s3v4")
        status, headers, body = fetched(url)
        assert (status, headers["Content-Type"], body) == (200, "text/plain", KEYS[4].encode() * 3)
        status, _, body = fetched(url.replace("text%2Fplain", "text%2Fhtml"))
        assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body
        listed = maker.generate_presigned_url("list_objects_v2", {"Bucket": "logs", "Prefix": "z"})
        assert b"<Key>z</Key>" in fetched(listed)[2]
        head = maker.generate_presigned_url("head_object", {"Bucket": "logs", "Key": "z"})
        assert fetched(head, "HEAD")[0] == 200 and fetched(head)[0] == 403
        put = maker.generate_presigned_url("put_object", {"Bucket": "logs", "Key": "new"})
        assert fetched(put, "PUT")[0] == 403
        short = maker.generate_presigned_url("get_object", asked, ExpiresIn=1)
        time.sleep(2.1)
        status, _, body = fetched(short)
        assert status == 403 and b"Request has expired" in body


def test_buckets_have_hosts(store, localhost):
    s3 = at_localhost(store, store.key, "virtual")
    asked = []
    s3.meta.events.register("before-send.s3", lambda request, **_: asked.append(request.url))
    assert s3.get_object(Bucket="logs", Key=KEYS[4])["Body"].read() == KEYS[4].encode() * 3
    assert s3.list_objects_v2(Bucket="logs", Prefix="z")["Contents"][0]["Key"] == "z"
    assert s3.head_bucket(Bucket="logs")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(s3.head_bucket, Bucket="none") == ("404", 404)
    assert refusal(s3.put_object, Bucket="logs", Key="new", Body=b"x") == ("AccessDenied", 403)
    assert all(url.startswith(("http://logs.localhost", "http://none.localhost")) for url in asked)


def test_names_of_this_host_have_buckets_below(scratch, folder):
    store = Service(scratch / "named", "--bucket", f"logs={folder}", "--host", "lake.example", "--no-auth")

    def get(host, path):
        url = f"http://127.0.0.1:{store.port}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    try:
        for host, path in (("lake.example", "/logs/z"), ("logs.lake.example", "/z"), ("LOGS.localhost:80", "/z")):
            assert get(host, path) == (200, b"zzz"), host
        # A name that is none of ours leads nowhere, whatever a page made of it.
        for host in ("none.lake.example", "logs.example", "logs.lake.example.evil.test", "evil.test"):
            assert get(host, "/z")[0] == 403, host
        unsigned = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{store.port}", region_name="us-east-1",
                                config=Config(signature_version=UNSIGNED))
        assert unsigned.get_object(Bucket="logs", Key="z")["Body"].read() == b"zzz"
        assert refusal(unsigned.delete_object, Bucket="logs", Key="z") == ("AccessDenied", 403)
    finally:
        store.stop()


def test_the_cli_lists_and_copies(aws, folder, tmp_path):
    code, out, errors = aws("s3", "ls")
    assert code == 0 and [line.split()[-1] for line in out.splitlines()] == ["logs", "my.frozen"], errors
    code, out, errors = aws("s3", "ls", "s3://logs/")
    assert code == 0 and [line.split()[-1] for line in out.splitlines() if "PRE" in line] == ["AWSLogs/", "many/", "ä/"]
    code, out, errors = aws("s3", "ls", "--recursive", "--summarize", "s3://logs/")
    assert code == 0 and f"Total Objects: {2_501 + len(KEYS)}" in out, errors
    code, _, errors = aws("s3", "cp", "s3://logs/large", tmp_path / "large")
    assert code == 0 and (tmp_path / "large").read_bytes() == (folder / "large").read_bytes(), errors
    code, _, errors = aws("s3", "cp", "--recursive", "s3://logs/AWSLogs/", tmp_path / "copied")
    copied = sorted(f"AWSLogs/{path.relative_to(tmp_path / 'copied').as_posix()}"
                    for path in (tmp_path / "copied").rglob("*") if path.is_file())
    assert code == 0 and copied == sorted(KEYS[:4]), errors
    code, _, errors = aws("s3", "sync", "s3://logs/AWSLogs/", tmp_path / "copied")
    assert (code, errors) == (0, "")
    code, out, errors = aws("s3", "cp", "s3://logs/z", "-")
    assert (code, out) == (0, "zzz"), errors


def test_the_cli_presigns(aws):
    code, url, errors = aws("s3", "presign", "s3://logs/z")
    assert code == 0 and fetched(url.strip())[::2] == (200, b"zzz"), errors


def test_the_cli_says_why_it_was_refused(aws, folder, tmp_path):
    (tmp_path / "new").write_bytes(b"x" * 20_000_000)
    for source in ("new", "small"):
        (tmp_path / "small").write_bytes(b"x")
        code, _, errors = aws("s3", "cp", tmp_path / source, "s3://logs/new")
        assert code != 0 and "AccessDenied" in errors, errors
    code, _, errors = aws("s3", "rm", "s3://logs/z")
    assert code != 0 and "AccessDenied" in errors and (folder / "z").exists()
    code, _, errors = aws("s3", "cp", "s3://logs/none", tmp_path / "none")
    assert code != 0 and "404" in errors
    code, _, errors = aws("s3", "ls", "s3://none/")
    assert code != 0 and "NoSuchBucket" in errors
    code, _, errors = aws("s3", "ls", AWS_SECRET_ACCESS_KEY="wrong")
    assert code != 0 and "SignatureDoesNotMatch" in errors


def test_the_access_log_knows_who_read_what(store, s3):
    id = s3.get_object(Bucket="logs", Key="large")["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError) as failed:
        s3.put_object(Bucket="logs", Key="new", Body=b"x")
    refused = failed.value.response["ResponseMetadata"]["RequestId"]
    until = now().timestamp() + 10
    while refused not in store.log.read_text(encoding="utf-8") and now().timestamp() < until:
        pass
    lines = {line["request_id"]: line for line in map(json.loads, store.log.read_text(encoding="utf-8").splitlines())}
    read = lines[refused]
    assert (read["service"], read["status"], read["error_code"]) == ("s3", 403, "AccessDenied")
    assert read["access_key_id"] == store.key.id
    assert all("cut" not in line for line in lines.values() if line.get("operation") == "HeadObject")
    assert lines[id]["operation"] == "GetObject"
