#!/usr/bin/env python3
"""Writes the seeds of the fuzzers of weights into corpus/: tiny files, valid-* and broken-*, the same at every run.

Inputs that a fuzzer found are put beside them by hand and stay there.  Needs nothing but Python.
"""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent / "corpus"


def save(reader, name, data):
    path = HERE / reader / f"{name}.{reader}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def npy(descr, shape, data, fortran=False, version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + struct.pack("<BBH" if version == 1 else "<BBI", version, 0, len(header)) + header + data


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def npy_seeds():
    floats = struct.pack("<6f", 0, 1, -1, 0.5, float("inf"), float("nan"))
    save("npy", "valid-float32", npy("<f4", "(2, 3)", floats))
    save("npy", "valid-fortran", npy("<f4", "(3, 2)", floats, fortran=True))
    save("npy", "valid-big-endian", npy(">f8", "(2,)", struct.pack(">2d", 1e300, -2)))
    save("npy", "valid-half", npy("<f2", "(1, 1, 2)", b"\x00\x3c\x01\x00", version=2))
    save("npy", "valid-bool", npy("|b1", "(4,)", b"\x00\x01\x02\xff", version=3))
    save("npy", "valid-int64-scalar", npy("<i8", "()", struct.pack("<q", -(2**63))))
    save("npy", "valid-empty", npy("|u1", "(0, 5)", b"", fortran=True))
    save("npy", "broken-object", npy("|O", "(1,)", b"\x80\x04N."))
    save("npy", "broken-overflow", npy("<f8", "(4294967296, 4294967296)", floats))
    save("npy", "broken-cut-off", npy("<f4", "(2, 3)", floats[:-1]))


def safetensors_seeds():
    floats = struct.pack("<4f", 0, 1, -1, float("nan"))
    save("safetensors", "valid-float32", safetensors({"w": entry("F32", [2, 2], 0, 16)}, floats))
    save("safetensors", "valid-metadata", safetensors({"__metadata__": {"pool": "max", "é": "\u0000"}}))
    types = [("BOOL", 1), ("U8", 1), ("I8", 1), ("U16", 2), ("I16", 2), ("F16", 2), ("BF16", 2), ("U32", 4), ("I32", 4),
             ("F32", 4), ("U64", 8), ("I64", 8), ("F64", 8)]
    for group, name in ((types[:7], "narrow"), (types[7:], "wide")):
        header, at = {}, 0
        for dtype, size in group:
            header[dtype.lower()] = entry(dtype, [1], at, at + size)
            at += size
        save("safetensors", f"valid-{name}", safetensors(header, bytes(range(128, 128 + at))))
    mixed = {"b": entry("U8", [3], 0, 3), "a": entry("U8", [], 3, 4), "none": entry("F64", [0, 9], 3, 3)}
    save("safetensors", "valid-order", safetensors(json.dumps(mixed).encode() + b"   ", b"\x01\x02\x03\x04"))
    save("safetensors", "broken-overlap",
         safetensors({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, b"abc"))
    save("safetensors", "broken-hole", safetensors({"a": entry("U8", [1], 1, 2)}, b"ab"))
    save("safetensors", "broken-twice", safetensors(b'{"__metadata__":{"a":"1","a":"2"}}'))
    save("safetensors", "broken-deep", safetensors(b'{"a":{"shape":' + b"[" * 200))
    save("safetensors", "broken-length", struct.pack("<Q", 2**64 - 1) + b"{}")


npy_seeds()
safetensors_seeds()
