// An ONNX model as bytes: just enough of protobuf and of onnx.proto (opset 17) for a list of nodes.
// Field numbers are those of onnx/onnx.proto.

function varint(n) {
  const out = [];
  let left = BigInt.asUintN(64, BigInt(n));
  while (left > 127n) {
    out.push(Number(left & 127n) | 128);
    left >>= 7n;
  }
  return Buffer.from([...out, Number(left)]);
}

const whole = (field, n) => Buffer.concat([varint(field << 3), varint(n)]);
const bytes = (field, b) => Buffer.concat([varint((field << 3) | 2), varint(b.length), b]);
const text = (field, s) => bytes(field, Buffer.from(s));
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

const kFloat = 1, kInt64 = 7;

function tensor(field, name, dims, data) {
  const type = data instanceof Float32Array ? kFloat : kInt64;
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return message(field, ...dims.map((d) => whole(1, d)), whole(2, type), text(8, name), bytes(9, raw));
}

function attribute(name, value) {
  const parts = [text(1, name)];
  if (Array.isArray(value)) {
    parts.push(...value.map((v) => whole(8, v)), whole(20, 7));
  } else if (typeof value === 'string') {
    parts.push(text(4, value), whole(20, 3));
  } else {
    parts.push(whole(3, value), whole(20, 2));
  }
  return message(5, ...parts);
}

function valueInfo(field, name, dims) {
  const shape = message(2, ...dims.map((d) => message(1, whole(1, d))));
  return message(field, text(1, name), message(2, message(1, whole(1, kFloat), shape)));
}

export class Graph {
  #parts = [];
  #names = 0;

  // A constant tensor; dims as numbers.  Returns its name.
  constant(data, dims) {
    const name = `c${this.#names++}`;
    this.#parts.push(tensor(5, name, dims, data));
    return name;
  }
  integers(...values) {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }
  number(value) {
    return this.constant(Float32Array.of(value), []);
  }

  // Returns the name of the node's only output.
  node(type, inputs, attributes = {}, output = `v${this.#names++}`) {
    this.#parts.push(message(1, ...inputs.map((i) => text(1, i)), text(2, output), text(4, type),
        ...Object.entries(attributes).map(([k, v]) => attribute(k, v))));
    return output;
  }

  input(name, dims) {
    this.#parts.push(valueInfo(11, name, dims));
    return name;
  }
  output(name, dims) {
    this.#parts.push(valueInfo(12, name, dims));
  }

  bytes() {
    const opset = message(8, text(1, ''), whole(2, 17));
    return Buffer.concat([whole(1, 8), message(7, ...this.#parts, text(2, 'step')), opset]);
  }
}
