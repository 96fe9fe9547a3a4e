"""Answers held against the service model that botocore ships, strictly: botocore itself takes whatever comes."""

import base64
import re

# What any operation may answer, which none lists. None of them is a fault of the service.
COMMON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "UnknownOperationException",
    "UnrecognizedClientException", "ValidationException",
}


def check_answer(shape, body, where="answer"):
    """Raises if a parsed JSON body is not what the shape of an output says."""
    kinds = {
        "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
        "float": (int, float), "double": (int, float), "timestamp": (int, float), "blob": str,
    }
    kind = shape.type_name
    assert isinstance(body, kinds[kind]), f"{where} is no {kind}: {body!r}"
    if kind != "boolean":
        assert not isinstance(body, bool), f"{where} is no {kind}: {body!r}"
    if kind == "structure":
        unknown = body.keys() - shape.members.keys()
        assert not unknown, f"{where} has members that the model lacks: {unknown}"
        for name in shape.required_members:
            assert name in body, f"{where} lacks {name}"
        for name, value in body.items():
            check_answer(shape.members[name], value, f"{where}.{name}")
    elif kind == "map":
        for name, value in body.items():
            check_answer(shape.key, name, f"{where}'s key")
            check_answer(shape.value, value, f"{where}[{name}]")
    elif kind == "list":
        check_size(shape, len(body), where)
        for at, value in enumerate(body):
            check_answer(shape.member, value, f"{where}[{at}]")
    elif kind == "string":
        check_text(shape, body, where)
    elif kind in ("integer", "long"):
        check_size(shape, body, where)
    elif kind == "blob":
        base64.b64decode(body, validate=True)
    elif kind == "timestamp":
        # Milliseconds would lie thousands of years ahead.
        assert 0 < body < 32_503_680_000, f"{where} is not in seconds: {body}"


def check_size(shape, size, where):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    assert least is None or size >= least, f"{where} is {size}, less than {least}"
    assert most is None or size <= most, f"{where} is {size}, more than {most}"


def check_text(shape, text, where):
    check_size(shape, len(text), where)
    if shape.enum:
        assert text in shape.enum, f"{where} is none of {shape.enum}: {text}"
    pattern = shape.metadata.get("pattern")
    if pattern:
        assert re.search(in_python(pattern), text), f"{where} does not match {pattern}: {text}"


def in_python(pattern):
    """A pattern of the model, which is Java's, in Python's words."""
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    # What is beyond 16 bits, which Java writes as a pair.
    return pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def check_error(operation, status, code):
    """Raises if an operation may not refuse so: by a fault, or by what it does not list."""
    listed = {shape.name for shape in operation.error_shapes}
    assert status < 500, f"{operation.name} failed with {status} {code}"
    assert code in listed | COMMON, f"{operation.name} does not list {code}"
