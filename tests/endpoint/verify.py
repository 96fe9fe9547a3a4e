"""Verifies delivered results by the rules of `aws cloudtrail verify-query-results`, which version 2 of the AWS CLI alone has."""

import datetime
import hashlib
import json

import rsa

SIGN_FILE = "result_sign.json"


class NotValid(Exception):
    """What is wrong with delivered results."""


def verify(cloudtrail, folder):
    """Returns the names of the files of a folder, if each is as it was signed."""
    signed = json.loads((folder / SIGN_FILE).read_text(encoding="utf-8"))
    if not signed["files"]:
        raise NotValid("no files")
    for file in signed["files"]:
        path = folder / file["fileName"]
        if not path.is_file():
            raise NotValid(f"{path.name} is missing")
        if hashlib.sha256(path.read_bytes()).hexdigest() != file["fileHashValue"]:
            raise NotValid(f"{path.name} is another")
    key = public_key(cloudtrail, signed)
    text = " ".join(file["fileHashValue"] for file in signed["files"])
    try:
        used = rsa.verify(text.encode(), bytes.fromhex(signed["hashSignature"]), key)
    except rsa.VerificationError:
        raise NotValid("the signature is wrong") from None
    assert used == "SHA-256" == signed["hashAlgorithm"] and signed["signatureAlgorithm"] == "SHA256withRSA"
    return [file["fileName"] for file in signed["files"]]


def public_key(cloudtrail, signed):
    """The key of a signature, of the first page of those that are valid at its time or soon after."""
    at = datetime.datetime.fromisoformat(signed["queryCompleteTime"].replace("Z", "+00:00"))
    listed = cloudtrail.list_public_keys(StartTime=at, EndTime=at + datetime.timedelta(days=20))
    for key in listed["PublicKeyList"]:
        if key["Fingerprint"] == signed["publicKeyFingerprint"]:
            der = key["Value"]
            assert hashlib.md5(der).hexdigest() == key["Fingerprint"]
            return rsa.PublicKey.load_pkcs1(der, format="DER")
    raise NotValid("no key has this fingerprint")


def resign(path, change):
    """Changes what is in the file that signs the others."""
    signed = json.loads(path.read_text(encoding="utf-8"))
    change(signed)
    path.write_text(json.dumps(signed), encoding="utf-8")
