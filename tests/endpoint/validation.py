"""The AWS CLI's own `validate-logs`, over folders in place of S3 and with the keys of a lake."""

import base64
import datetime
import hashlib
import io
import json
import subprocess
from pathlib import Path

import rsa
from awscli.customizations.cloudtrail.validation import CloudTrailValidateLogs
from botocore.exceptions import ClientError

from service import PROGRAM


class Folders:
    """As much of S3 as `validate-logs` asks, over the folders of buckets."""

    def __init__(self, folders):
        self.folders = folders

    def get_client(self, _):
        return self

    def get_object(self, Bucket, Key):
        path = Path(self.folders[Bucket]) / Key
        if not path.is_file():
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        metadata = path.with_name(f".{path.name}.metadata.json")
        metadata = json.loads(metadata.read_text()) if metadata.exists() else {}
        return {"Body": io.BytesIO(path.read_bytes()), "Metadata": metadata}

    def get_paginator(self, _):
        return self

    def paginate(self, Bucket, Marker, Prefix):
        keys = sorted(keys_of(self.folders[Bucket]))
        return Found([key for key in keys if key.startswith(Prefix) and key > Marker])


class Found:
    def __init__(self, keys):
        self.keys = keys

    def search(self, _):
        return iter(self.keys)


def keys_of(folder, kind=""):
    """The keys of the objects in a folder."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(key for key in (path.relative_to(folder).as_posix() for path in paths) if kind in key)


def public_keys(lake):
    """The public halves of the keys that a lake signs with, as ListPublicKeys has them."""
    stored = json.loads((Path(lake) / "server" / "signing-keys.json").read_text())
    for key in stored:
        private = rsa.PrivateKey.load_pkcs1(base64.b64decode(key["private_key"]), "DER")
        der = rsa.PublicKey(private.n, private.e).save_pkcs1("DER")
        yield {"Value": base64.b64encode(der).decode(), "Fingerprint": hashlib.md5(der).hexdigest()}


class Validation(CloudTrailValidateLogs):
    """Runs the command of the CLI; counts are in its members."""

    def __init__(self, cloudtrail, lake, folders, arn, start):
        self.trail_arn, self.is_verbose, self.account_id = arn, True, None
        self.s3_bucket = self.s3_prefix = self.organization_client = None
        self._source_region = arn.split(":")[3]
        utc = datetime.timezone.utc
        self.start_time = start.replace(tzinfo=utc)
        self.end_time = datetime.datetime.now(utc)
        self.s3_client_provider = Folders(folders)
        self.cloudtrail_client = Client(cloudtrail, lake)
        self._valid_digests = self._invalid_digests = self._valid_logs = self._invalid_logs = 0
        self._valid_backfill_digests = self._invalid_backfill_digests = 0
        self._is_last_status_double_space = True
        self._found_start_time = self._found_end_time = None
        self._call()

    @property
    def counts(self):
        """Valid and invalid digest files, valid and invalid log files."""
        return self._valid_digests, self._invalid_digests, self._valid_logs, self._invalid_logs


class Client:
    def __init__(self, cloudtrail, lake):
        self.describe_trails = cloudtrail.describe_trails
        self.lake = lake

    def list_public_keys(self, **_):
        return {"PublicKeyList": list(public_keys(self.lake))}


def ours(lake, scratch, folders):
    """Runs `traillake validate-logs` over the folders; returns its exit code and what it printed."""
    keys, signatures = scratch / "keys.json", scratch / "signatures.jsonl"
    keys.write_text(json.dumps({"PublicKeyList": list(public_keys(lake))}))
    lines = []
    for bucket, folder in folders.items():
        for key in keys_of(folder, "/CloudTrail-Digest/"):
            metadata = Folders(folders).get_object(bucket, key)["Metadata"]
            lines.append(json.dumps({"Bucket": bucket, "Key": key, "Metadata": metadata}))
    signatures.write_text("\n".join(lines))
    named = [part for bucket, folder in folders.items() for part in ("--bucket", f"{bucket}={folder}")]
    command = [PROGRAM, "validate-logs", *map(str, folders.values()), "--public-keys", str(keys), "--signatures",
               str(signatures), *named]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    return done.returncode, done.stdout
