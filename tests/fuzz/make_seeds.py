#!/usr/bin/env python3
"""Writes the seeds of the fuzzers of weights, data, motion and devices into corpus/: tiny files, valid-* and broken-*, the same on every run.

Inputs found by a fuzzer are added next to them manually and stay there.  Needs only Python.
"""
import bz2
import gzip
import io
import json
import lzma
import pathlib
import struct
import zipfile

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


def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, payload):
    """A field in protobuf's wire format: a number, or bytes with their length."""
    if isinstance(payload, int):
        return varint(number * 8) + varint(payload)
    return varint(number * 8 + 2) + varint(len(payload)) + payload


def blob(dims, *values, number=7):
    shape = field(7, field(1, b"".join(varint(d) for d in dims)))
    return field(number, shape + field(5, struct.pack(f"<{len(values)}f", *values)))


def old_blob(dims, *values):
    return field(6, b"".join(field(i + 1, d) for i, d in enumerate(dims)) +
                 field(5, struct.pack(f"<{len(values)}f", *values)))


def layer(name, kind, *blobs):
    return field(100, field(1, name) + field(2, kind) + b"".join(blobs))


def caffemodel_seeds():
    conv = layer(b"conv", b"Convolution", blob([1, 2, 1, 1], 1, 2), blob([1], 3))
    doubles = field(7, field(7, field(1, b"\x01")) + field(8, struct.pack("<d", 1e300)))
    save("caffemodel", "valid-blobs", field(1, b"net") + layer(b"data", b"Data") + conv + layer(b"n", b"", doubles))
    many = layer(b"norm", b"BatchNorm", blob([1], 1), blob([1], 2), blob([], 3), blob([0, 5]))
    save("caffemodel", "valid-many", many + field(77, 5))
    v1 = field(4, b"full") + field(5, 14) + old_blob([1, 1, 2, 1], 1, 2) + old_blob([1, 1, 1, 2], 3, 4)
    save("caffemodel", "valid-2014", field(2, v1) + field(2, field(4, b"relu") + field(5, 18)))
    save("caffemodel", "broken-cut-off", conv[:-1])
    save("caffemodel", "broken-twice", conv + conv)
    save("caffemodel", "broken-count", layer(b"a", b"X", blob([3], 1, 2)))
    save("caffemodel", "broken-huge", layer(b"a", b"X", blob([2**62, 2**62], 1)))
    save("caffemodel", "broken-negative", layer(b"a", b"X", blob([-1], 1)))
    save("caffemodel", "broken-2013", field(2, field(1, field(1, b"old"))))


HOURGLASS = """name: "toy"
layer { name: "d" type: "Data" top: "data" include { phase: TRAIN } data_param { batch_size: 10 backend: LMDB }
  transform_param { scale: .00390625 mean_file: "mean" mirror: true } }
layer { name: "e" type: "Convolution" bottom: "data" top: "e" param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 6 kernel_size: 3 pad: 1 weight_filler { type: "gaussian" std: .1 } } }
layer { name: "et" type: "TanH" bottom: "e" top: "e" }
layer { name: "p" type: "Pooling" bottom: "e" top: "p" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "z" type: "Deconvolution" bottom: "p" top: "z"
  convolution_param { num_output: 3 kernel_h: 4 kernel_w: 4 pad: 1 stride: 2 weight_filler { type: "gaussian" } } }
layer { name: "zt" type: "TanH" bottom: "z" top: "zt" }
layer { name: "l" type: "EuclideanLoss" bottom: "zt" bottom: "data" loss_weight: 0.5 }  # the end
"""
SOLVER = 'base_lr: 0.1 lr_policy: "step" gamma: .1 stepsize: 10 max_iter: 20 momentum: .9 type: "SGD" display: 5\n'


def prototxt_seeds():
    def text(name, content):
        save("prototxt", name, content.encode())

    text("valid-hourglass", HOURGLASS + SOLVER)
    text("valid-solver", SOLVER + "solver_type: ADAGRAD unknown { a: [1, 'b'] b <c: 1> }")
    text("valid-2014", "input: 'x' input_dim: 1 layers { name: 'c' type: CONVOLUTION bottom: 'x' top: 'c' blobs_lr: 1 "
         "weight_decay: 0 param: 'w' convolution_param < num_output: 2 kernel_size: 3 > }")
    text("valid-empty", "")
    text("valid-commas", '\ufeffbase_lr: 0.1, odd { a: [1, {b: 2, c: 3;}]; }; momentum: .9; # , ;\r\n[caffe.x]: 5, max_iter: 9,')
    text("valid-python", "layer { name: 'p', type: 'Python' top: 'label' python_param { module: 'm' } }, " + HOURGLASS + SOLVER)
    text("broken-commas", "name: 'a',, x: 1")
    text("broken-cut-off", HOURGLASS[:300])
    text("broken-deep", "layer { a { " * 20)
    text("broken-list", "a: " + "[" * 100)
    text("broken-hidden", "name: 'x\n" + "a <" * 40)
    text("broken-type", "layer { name: 'a' }")
    text("broken-size", "layer { type: 'Convolution' convolution_param { num_output: 4000000000 kernel_size: 3 } }")
    text("broken-2013", "layers { layer { name: 'a' type: 'conv' } }")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def framed(record):
    def masked(data):
        crc = crc32c(data)
        return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    length = struct.pack("<Q", len(record))
    return length + masked(length) + record + masked(record)


def example(**features):
    """tf.train.Example with a number or a list of bytes for each name."""
    entries = b""
    for key, value in features.items():
        if isinstance(value, list):
            kind = field(1, b"".join(field(1, item) for item in value))
        else:
            kind = field(3, field(1, varint(value % 2**64)))
        entries += field(1, field(1, key.encode()) + field(2, kind))
    return field(1, entries)


def tfrecord_seeds():
    side = example(raw=[b""], height=0, width=0, type=-1, split=[b"train"], labels=[b"cat", b"dog"])
    cat = example(raw=[bytes(range(6))], height=1, width=2, type=0, split=[b"train"])
    dog = example(raw=[bytes(range(6))], height=2, width=1, type=1, split=[b"test"])
    whole = framed(side) + framed(cat) + framed(dog)
    save("tfrecord", "valid-set", whole)
    save("tfrecord", "valid-foreign", framed(example(height=1, width=1, raw=[b"rgb"], format=[b"png"])))
    save("tfrecord", "valid-empty", b"")
    save("tfrecord", "broken-cut-off", whole[:-1])
    save("tfrecord", "broken-checksum", whole[:-1] + bytes([whole[-1] ^ 1]))
    save("tfrecord", "broken-length", struct.pack("<Q", 2**63) + framed(cat)[8:])
    save("tfrecord", "broken-type", framed(side) + framed(example(raw=[b"rgb"], height=1, width=1, type=2)))
    save("tfrecord", "broken-size", framed(example(raw=[b"rgb"], height=2**32, width=2**32)))
    save("tfrecord", "broken-split", framed(example(raw=[b"rgb"], height=1, width=1, split=[b"other"])))
    save("tfrecord", "broken-raw", framed(example(raw=[b"rgb", b"rgb"], height=1, width=1)))
    # as the payload of one record (tfrecord_fuzz.cc)
    save("tfrecord", "broken-bare-example", cat)
    save("tfrecord", "broken-bare-side", side)


def pickled_array(kind, shape, data, old=False):
    """An array as NumPy gives it to a pickle: to Python 2's, or with bytes as Python 3 encodes them for those."""
    def short(text):
        return b"U" + bytes([len(text)]) + text if old else b"X" + struct.pack("<I", len(text)) + text

    def number(n):
        return b"K" + bytes([n]) if n < 256 else b"J" + struct.pack("<i", n)

    def raw(content):
        if old:
            return b"T" + struct.pack("<I", len(content)) + content
        text = content.decode("latin1").encode()
        return b"c_codecs\nencode\nX" + struct.pack("<I", len(text)) + text + short(b"latin1") + b"\x86R"

    sides = b"(" + b"".join(number(n) for n in shape) + b"t"
    return (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + raw(b"b") + b"\x87R(K\x01" + sides +
            b"cnumpy\ndtype\n" + short(kind) + b"K\0K\x01\x87R(K\x03" + short(b"|") +
            b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89" + raw(data) + b"tb")


def pickle_seeds():
    values = bytes(range(120, 132))
    save("pickle", "valid-old", b"\x80\x02}q\x01(U\x04dataq\x02" + pickled_array(b"u1", [4, 3], values, old=True) +
         b"U\x06labelsq\x03]q\x04(K\x00M\x01\x01J\xff\xff\xff\xffeU\x01nNu.")
    save("pickle", "valid-encoded", b"\x80\x02}X\x06\0\0\0labels" + pickled_array(b"i4", [3], values) + b"s.")
    save("pickle", "valid-framed", b"\x80\x04\x95\x1a\0\0\0\0\0\0\0}\x94(C\x01a\x94]\x94(K\x01\x8a\x02\xff\x7fe\x8c\x01b\x94("
         b"\x88\x89NG?\xe0\0\0\0\0\0\0t\x94h\x01h\x02u.")
    save("pickle", "valid-buffer", b"\x80\x05\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93(\x96\x0c\0\0\0\0\0\0\0" + values +
         b"\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02u1\x89\x88\x87RK\x02K\x06\x86\x8c\x01CtR.")
    save("pickle", "valid-loop", b"\x80\x02]q\x01h\x01a.")
    save("pickle", "broken-call", b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.")
    save("pickle", "broken-opcode", b"\x80\x02(ios\nsystem\n.")
    save("pickle", "broken-shape", b"\x80\x02" + pickled_array(b"u1", [2**31 - 1] * 3, values) + b".")
    save("pickle", "broken-type", b"\x80\x02" + pickled_array(b"O8", [1], values) + b".")
    save("pickle", "broken-cut-off", b"\x80\x02}(U\x04data")
    save("pickle", "broken-mark", b"\x80\x02}(K\x01u.")
    save("pickle", "broken-protocol", b"(dp0\n.")


def zipped(entries, packed=False):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            archive.writestr(info, content)
    return file.getvalue()


def pth_seeds():
    def text(t):
        return b"X" + struct.pack("<I", len(t)) + t

    def tensor(kind, key, count, offset, shape, strides, view=b""):
        def numbers(list_):
            return b"(" + b"".join(b"K" + bytes([n]) for n in list_) + b"t"

        storage = (b"(" + text(b"storage") + b"ctorch\n" + kind + b"Storage\n" + text(key) + text(b"cpu") + b"K" + bytes([count]) +
                   view + b"tQ")
        return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K" + bytes([offset]) + numbers(shape) + numbers(strides) +
                b"\x89ccollections\nOrderedDict\n)RtR")

    def state(**tensors):
        return b"ccollections\nOrderedDict\n)R(" + b"".join(text(name.encode()) + t for name, t in tensors.items()) + b"u"

    def pickled(value):
        return b"\x80\x02" + value + b"."

    def old(value, *storages):
        keys = b"](" + b"".join(text(key) for key, _, _ in storages) + b"e"
        return (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + pickled(b"M\xe9\x03") +
                pickled(b"}" + text(b"little_endian") + b"\x88s") + pickled(value) + pickled(keys) +
                b"".join(struct.pack("<q", count) + data for _, count, data in storages))

    floats = struct.pack("<6f", 0, 1, -1, 0.5, float("inf"), float("nan"))
    plain = state(w=tensor(b"Float", b"0", 6, 0, [2, 3], [3, 1]), turned=tensor(b"Float", b"0", 6, 1, [2, 2], [1, 2]),
                  one=tensor(b"Long", b"1", 1, 0, [], []))
    parts = {"a/data.pkl": pickled(plain), "a/byteorder": b"little", "a/data/0": floats, "a/data/1": bytes(8), "a/version": b"3\n"}
    save("pth", "valid-zip", zipped(parts))
    save("pth", "valid-deflated", zipped(parts, packed=True))
    save("pth", "valid-nested", zipped({**parts, "a/data.pkl": pickled(b"}" + text(b"model") + plain + b"s")}))
    save("pth", "valid-old", old(state(w=tensor(b"Half", b"5", 3, 0, [3], [1], b"N"),
                                       v=tensor(b"Half", b"5", 3, 1, [1], [1], b"(" + text(b"6") + b"K\x01K\x02t")), (b"5", 3, bytes(6))))
    save("pth", "broken-call", zipped({"a/data.pkl": pickled(b"cos\nsystem\n" + text(b"ls") + b"\x85R")}))
    save("pth", "broken-strides", zipped({**parts, "a/data.pkl": pickled(state(w=tensor(b"Float", b"0", 6, 0, [6, 6], [0, 1])))}))
    save("pth", "broken-short", zipped({**parts, "a/data/0": floats[:-1]}))
    save("pth", "broken-cut-off", zipped(parts)[:-30])
    save("pth", "broken-script", zipped({**parts, "a/constants.pkl": b""}))
    save("pth", "broken-old", old(plain, (b"0", 2**62, floats)))


def file_kind_seeds():
    def packed(name, data):
        save("file_kind", name, data)

    packed("gzip", gzip.compress(b"words" * 9, mtime=0))
    packed("gzip-two", gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0) + bytes(8))
    packed("bzip2", bz2.compress(b"words" * 9))
    packed("xz", lzma.compress(b"words" * 9))
    packed("xz-empty", lzma.compress(b""))
    packed("zstd", bytes.fromhex("28b52ffd04585d000028776f7264730100d88a1686ce7c93"))
    packed("hdf5", b"\x89HDF\r\n\x1a\n")
    packed("solverstate", b"\x08\x90\x4e\x12\x14net_iter_1.caffemodel\x1a\x04")
    packed("onnx", b"\x08\x07\x12\x07pytorch\x1a\x031.1")
    packed("mean", b"\x08\x01\x10\x03\x18\x20\x20\x20\x2a\x04")
    packed("pytorch", b"PK\3\4" + bytes(22) + b"\x10\0\0\0archive/data.pkl")
    packed("records", framed(example(label=3)))
    packed("prototxt", b"layer { type: 'Data' }")


def cifar_seeds():
    picture = bytes(i * 7 % 256 for i in range(3072))
    small = bytes(range(24))
    save("cifar", "valid-hundred", b"\x09\x63" + picture)
    save("cifar", "valid-pickle", b"\x80\x02}(U\x04data" + pickled_array(b"u1", [2, 12], small, old=True) +
         b"U\x06labels](K\x00K\x09eu.")
    save("cifar", "valid-fine", b"\x80\x02}(U\x04data" + pickled_array(b"u1", [2, 3, 2, 2], small) +
         b"U\x0bfine_labels](K\x63K\x09eu.")
    save("cifar", "names-pickle", b"\x80\x02}U\x0blabel_names](U\x03catU\x03doges.")
    save("cifar", "names-text", b"cat\r\ndog\n")
    save("cifar", "broken-count", b"\x80\x02}(U\x04data" + pickled_array(b"u1", [2, 12], small) + b"U\x06labels](K\x00eu.")
    save("cifar", "broken-side", b"\x80\x02}(U\x04data" + pickled_array(b"u1", [1, 24], small) + b"U\x06labels](K\x00eu.")
    save("cifar", "valid-one", b"\x09" + picture)
    save("cifar", "broken-label", b"\x0a" + picture)
    save("cifar", "broken-fine", b"\x09\x64" + picture)
    save("cifar", "broken-cut-off", b"\x01" + picture[:-1])
    save("cifar", "broken-empty", b"")


def idx_seeds():
    def idx(kind, shape, data):
        return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + data

    save("idx", "valid-images", idx(8, [2, 2, 3], bytes(range(12))))
    save("idx", "valid-labels", idx(8, [3], b"\x00\x01\x09"))
    save("idx", "valid-none", idx(8, [0, 28, 28], b""))
    save("idx", "broken-floats", idx(13, [1], b"\x00" * 4))
    save("idx", "broken-overflow", idx(8, [2**31, 2**31, 2**31, 2], bytes(12)))
    save("idx", "valid-zero-large", idx(8, [0, 2**32 - 1, 2**32 - 1, 2**32 - 1], b""))
    save("idx", "broken-cut-off", idx(8, [2, 2, 3], bytes(11)))
    save("idx", "broken-header", idx(8, [2, 2, 3], b"")[:9])


def osc_seeds():
    def padded(data):
        return data + bytes(4 - len(data) % 4)

    def osc(address, types="", *values):
        return padded(address.encode()) + padded(b"," + types.encode()) + b"".join(values)

    def bundle(*elements):
        return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">I", len(e)) + e for e in elements)

    def number(v):
        return struct.pack(">f", v)

    zoom = osc("/reverie/feedback/zoom", "f", number(1.5))
    noise = osc("/reverie/noise")
    save("osc", "valid-value", zoom)
    save("osc", "valid-level", osc("/reverie/feedback/gain/2", "d", struct.pack(">d", 0.1)))
    save("osc", "valid-list", osc("/reverie/feedback/hue", "ifh", struct.pack(">i", -1), number(2), struct.pack(">q", 3)))
    save("osc", "valid-word", osc("/reverie/feedback/squash", "s", padded(b"sin")))
    save("osc", "valid-flag", osc("/reverie/feedback/view_mono", "T"))
    save("osc", "valid-preset", osc("/reverie/preset", "sf", padded(b"smoke"), number(2)))
    save("osc", "valid-record", osc("/reverie/record", "is", struct.pack(">i", 1), padded(b"a.mkv")))
    save("osc", "valid-bundle", bundle(zoom, bundle(noise, noise)))
    save("osc", "broken-address", osc("/reverie/nois"))
    save("osc", "broken-nan", osc("/reverie/feedback/zoom", "f", number(float("nan"))))
    save("osc", "broken-range", osc("/reverie/tempo", "f", number(0)))
    save("osc", "broken-level", osc("/reverie/feedback/zoom/16", "f", number(1)))
    save("osc", "broken-blob", osc("/reverie/noise", "b", b"\xff\xff\xff\xff"))
    save("osc", "broken-types", padded(b"/reverie/noise") + b",sss")
    save("osc", "broken-bundle", bundle(zoom)[:-8])
    save("osc", "broken-size", b"#bundle\0" + struct.pack(">QI", 1, 0xFFFFFFFC) + zoom)
    deep = noise
    for _ in range(9):
        deep = bundle(deep)
    save("osc", "broken-depth", deep)


def midi_seeds():
    def text(name, content):
        save("midi", name, content.encode())

    save("midi", "stream-knobs", bytes([0xB0, 0, 64, 0, 70, 1, 1, 1, 127, 0xE0, 0, 64, 0xD0, 100, 0x90, 60, 64, 60, 0]))
    save("midi", "stream-fine", bytes([0xB0, 0, 1, 32, 64, 0, 2, 32, 0, 0, 3, 32, 127]))
    save("midi", "stream-encoder", bytes([0xB0] + [16, 1] * 6 + [16, 127] * 3 + [17, 65, 17, 65, 17, 63]))
    save("midi", "stream-clock", bytes([0xFA] + [0xF8] * 30 + [0xFC, 0xFB, 0xF8, 0xF2, 0, 1, 0xF8]))
    save("midi", "stream-sysex", bytes([0xF0, 1, 2, 0xF8, 3, 0xF7, 4, 0xB0, 7, 0xF0, 0xF6, 0xFF]))
    head = "[[control]]\nparameter = \"zoom\"\nchannel = 1\n"
    text("valid-map", "device = \"Pad\"\n" + head + "number = 16\nlevel = 2\nkind = \"fine\"\n"
         "[[note]]\nchannel = 16\nnote = 0\naction = \"next\"\n[[note]]\nchannel = 1\nnote = 127\npreset = 3\n"
         "[[note]]\nchannel = 1\nnote = 1\npreset = \"smoke\"\n")
    text("valid-pitch-bend", head + "kind = \"pitch-bend\"\n")
    text("broken-number", head + "number = 128\n")
    text("broken-kind", head + "number = 1\nkind = \"slide\"\n")
    text("broken-parameter", head.replace("zoom", "zom") + "number = 1\n")
    text("broken-level", head + "number = 1\nlevel = 16\n")
    text("broken-note", "[[note]]\nchannel = 1\nnote = 1\n")
    text("valid-nrpn", head + "kind = \"increment\"\nnrpn = 16382\n" + head + "kind = \"fine-lsb-first\"\nrpn = 0\n")
    text("broken-nrpn", head + "nrpn = 16383\n")
    save("midi", "stream-nrpn", bytes([0xB0] + [99, 1, 98, 2, 6, 3, 38, 4] * 3 + [96, 0, 97, 0, 99, 127, 98, 127, 6, 1]))


def midi_learn_seeds():
    # scheme, flags, number, of each control its position and the parameter's; then how they move
    for scheme in range(16):
        for name, flags in (("plain", 0), ("hostile", 15)):
            move = bytes([0, 3, 250, 10, 1, 20, 30, 236, 0, 5, 1, 251, 0, 20, 1, 40] * 3)
            save("midi_learn", f"{name}-{scheme:02}", bytes([scheme, flags, 0, 16, 10, 5, 128, 20, 6, 60]) + move)


def exif_seeds():
    def tiff(order, tag):
        header = b"II*\0" if order == "<" else b"MM\0*"
        return header + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, tag, 0, 0)

    def png(tiff):
        chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + b"sum."
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"eXIf", tiff)

    def webp(tiff):
        chunk = lambda name, data: name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        return b"RIFF....WEBP" + chunk(b"VP8X", bytes(9)) + chunk(b"EXIF", tiff)

    save("exif", "valid-tiff", tiff("<", 6))
    save("exif", "valid-png", png(tiff(">", 8)))
    save("exif", "valid-webp", webp(b"Exif\0\0" + tiff("<", 3)))
    save("exif", "broken-tag", tiff(">", 9))
    save("exif", "broken-cut", png(tiff(">", 8))[:-30])


def flo_seeds():
    def flo(width, height, data):
        return b"PIEH" + struct.pack("<2i", width, height) + data

    flow = struct.pack("<12f", *range(10), 1.666e9, float("nan"))
    save("flo", "valid-3x2", flo(3, 2, flow))
    save("flo", "valid-1x1", flo(1, 1, flow[:8]))
    save("flo", "broken-overflow", flo(2**31 - 1, 2**31 - 1, flow))
    save("flo", "broken-negative", flo(-3, -2, flow))
    save("flo", "broken-nothing", flo(0, 2, b""))
    save("flo", "broken-longer", flo(2, 2, flow))
    save("flo", "broken-cut-off", flo(3, 2, flow[:-1]))
    save("flo", "broken-header", flo(3, 2, b"")[:9])
    save("flo", "broken-big-endian", b"HEIP" + flo(3, 2, flow)[4:])


npy_seeds()
safetensors_seeds()
caffemodel_seeds()
prototxt_seeds()
tfrecord_seeds()
pickle_seeds()
pth_seeds()
file_kind_seeds()
cifar_seeds()
idx_seeds()
exif_seeds()
flo_seeds()
osc_seeds()
midi_seeds()
midi_learn_seeds()
