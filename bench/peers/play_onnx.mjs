// ONNX Runtime's side of the comparison: node play_onnx.mjs MODULES FILE THREADS, see player.h.  MODULES is the folder
// where npm installed onnxruntime-node.  Of the graphs that give the same result, the fastest is used.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';
import {Graph} from './onnx_model.mjs';

const kGain = 1.333;
const kCheckedFrames = 3;
const kTrialFrames = 4;

const [modules, file, threads] = process.argv.slice(2);
const ort = createRequire(`${modules}/package.json`)('onnxruntime-node');

function readSafetensors(path) {
  const all = readFileSync(path);
  const begin = 8 + Number(all.readBigUInt64LE(0));
  const header = JSON.parse(all.subarray(8, begin).toString());
  const tensors = {};
  for (const [name, {shape, data_offsets: [from, to]}] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const copy = new Uint8Array(all.subarray(begin + from, begin + to));
    tensors[name] = {shape, data: new Float32Array(copy.buffer)};
  }
  return tensors;
}

// Decode weights [upper, lower, 2, 2] as those of a 1x1 convolution whose outputs DepthToSpace (CRD) interleaves.
function shuffled({shape: [upper, lower], data}) {
  const out = new Float32Array(data.length);
  for (let u = 0; u < upper; ++u) {
    for (let i = 0; i < lower * 4; ++i) out[i * upper + u] = data[u * lower * 4 + i];
  }
  return {shape: [lower * 4, upper, 1, 1], data: out};
}

class Step {
  constructor(work, way) {
    this.work = work;
    this.way = way;
    this.graph = new Graph();
    this.top = 0;
    while (work[`state.${this.top + 1}`]) ++this.top;
  }

  weight(t) {
    return this.graph.constant(t.data, t.shape);
  }

  slice(x, axis, from, to) {
    const g = this.graph;
    return g.node('Slice', [x, g.integers(from), g.integers(to), g.integers(axis)]);
  }

  // A rim of one sample, wrapped around.
  padded(x, [, , height, width]) {
    const around = (v, axis, n) => this.graph.node(
        'Concat', [this.slice(v, axis, n - 1, n), v, this.slice(v, axis, 0, 1)], {axis});
    return around(around(x, 2, height), 3, width);
  }

  encoding(l, h) {
    const g = this.graph;
    const sums = g.node('Conv', [this.padded(h, this.work[`state.${l - 1}`].shape),
      this.weight(this.work[`encode${l}.weight`]), this.weight(this.work[`encode${l}.bias`])]);
    return g.node('Tanh', [g.node('MaxPool', [sums], {kernel_shape: [2, 2], strides: [2, 2]})]);
  }

  decoding(l, h) {
    const g = this.graph;
    const weight = this.work[`decode${l + 1}.weight`];
    const bias = this.work[`decode${l + 1}.bias`];
    if (!this.way.shuffle)
      return g.node('Tanh', [g.node('ConvTranspose', [h, this.weight(weight), this.weight(bias)], {strides: [2, 2]})]);
    const biases = {shape: [bias.data.length * 4], data: Float32Array.from({length: bias.data.length * 4}, (_, i) => bias.data[i >> 2])};
    const sums = g.node('Tanh', [g.node('Conv', [h, this.weight(shuffled(weight)), this.weight(biases)])]);
    return g.node('DepthToSpace', [sums], {blocksize: 2, mode: 'CRD'});
  }

  // gain * (e + d) / 2, blurred
  blurred(e, d, [, channels, height, width]) {
    const g = this.graph;
    const w = kGain / 16;
    const sum = this.padded(g.node('Add', [e, d]), [1, channels, height, width]);
    if (this.way.depthwise) {
      const data = new Float32Array(channels * 9).map((_, i) => [0, w, 0, w, 4 * w, w, 0, w, 0][i % 9]);
      return g.node('Conv', [sum, this.weight({shape: [channels, 1, 3, 3], data})], {group: channels});
    }
    const at = (y, x) => this.slice(this.slice(sum, 2, y, y + height), 3, x, x + width);
    const around = [at(0, 1), at(2, 1), at(1, 0), at(1, 2)].reduce((a, b) => g.node('Add', [a, b]));
    const all = g.node('Add', [around, g.node('Mul', [at(1, 1), g.number(4)])]);
    return g.node('Mul', [all, g.number(w)]);
  }

  bytes() {
    const g = this.graph;
    const shapes = [];
    const h = [];
    for (let l = 0; l <= this.top; ++l) {
      shapes.push(this.work[`state.${l}`].shape);
      h.push(g.input(`h${l}`, shapes[l]));
    }
    for (let l = 0; l <= this.top; ++l) {
      const e = l > 0 ? this.encoding(l, h[l - 1]) : h[l];
      const d = l < this.top ? this.decoding(l, h[l + 1]) : h[l];
      const u = g.node('Tanh', [this.blurred(e, d, shapes[l])]);
      g.node('Mul', [g.node('Add', [u, h[l]]), g.number(0.5)], {}, `next${l}`);
      g.output(`next${l}`, shapes[l]);
    }
    return g.bytes();
  }
}

class Player {
  static async make(work, way) {
    const p = new Player();
    const step = new Step(work, way);
    p.session = await ort.InferenceSession.create(step.bytes(), {
      intraOpNumThreads: Number(threads),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    });
    p.top = step.top;
    const tensors = () => Array.from({length: p.top + 1}, (_, l) =>
        new ort.Tensor('float32', Float32Array.from(work[`state.${l}`].data), work[`state.${l}`].shape));
    p.state = tensors();
    p.next = tensors();  // the results' memory, swapped back and forth: a step allocates nothing
    return p;
  }

  async step() {
    const named = (name, all) => Object.fromEntries(all.map((t, l) => [name + l, t]));
    await this.session.run(named('h', this.state), named('next', this.next));
    [this.state, this.next] = [this.next, this.state];
  }

  error(work) {
    let difference = 0;
    let norm = 0;
    for (let l = 0; l <= this.top; ++l) {
      work[`expected.${l}`].data.forEach((b, i) => {
        difference += (this.state[l].data[i] - b) ** 2;
        norm += b * b;
      });
    }
    return Math.sqrt(difference / norm);
  }
}

async function milliseconds(step) {
  const begin = process.hrtime.bigint();
  await step();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

const work = readSafetensors(file);
let best = null;
for (const shuffle of [false, true]) {
  for (const depthwise of [false, true]) {
    const way = {shuffle, depthwise};
    const player = await Player.make(work, way);
    await player.step();
    let ms = Infinity;
    for (let i = 0; i < kTrialFrames; ++i) ms = Math.min(ms, await milliseconds(() => player.step()));
    if (process.env.PEERS_VERBOSE) console.error(ms.toFixed(2), 'ms', JSON.stringify(way));
    if (best === null || ms < best.ms) best = {ms, way};
    await player.session.release();
  }
}
const player = await Player.make(work, best.way);
for (let i = 0; i < kCheckedFrames; ++i) await player.step();
console.log(player.error(work).toExponential(1), `${best.way.shuffle ? '1x1 + DepthToSpace' : 'ConvTranspose'}, ` +
    `${best.way.depthwise ? 'depthwise blur' : 'blur of slices'}`);
for await (const line of createInterface({input: process.stdin})) {
  const times = [];
  for (let left = Number(line); left > 0; --left) times.push((await milliseconds(() => player.step())).toFixed(4));
  console.log(times.join(' '));
}
