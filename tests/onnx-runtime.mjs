// tests/onnx-runtime.mjs FOLDER: runs the graphs of FOLDER/cases.json in ONNX Runtime, and compares what comes out with the
// numbers that lie there.  tests/onnx-runtime installs it in build/onnx-runtime.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.argv[2];
const ort = createRequire(join(process.cwd(), "build/onnx-runtime/"))("onnxruntime-node");
const floats = (name) => {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};
let worst = 0;
for (const one of JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"))) {
  const session = await ort.InferenceSession.create(join(folder, one.graph), { logSeverityLevel: 3 });
  const [name, shape, file] = one.input;
  const results = await session.run({ [name]: new ort.Tensor("float32", floats(file), shape) });
  for (const [output, wanted] of one.outputs) {
    const have = results[output].data;
    const numbers = floats(wanted);
    if (have.length !== numbers.length) throw new Error(`${one.graph}: ${output} has ${have.length} numbers, not ${numbers.length}`);
    let most = 0;
    let largest = 1; // differences are relative where numbers are larger
    for (const n of numbers) largest = Math.max(largest, Math.abs(n));
    for (let i = 0; i < have.length; ++i) most = Math.max(most, Math.abs(have[i] - numbers[i]) / largest);
    console.log(`${one.graph} ${output} [${results[output].dims}]: ${most.toExponential(1)}`);
    worst = Math.max(worst, Number.isFinite(most) ? most : Infinity);
  }
}
process.exit(worst < 1e-4 ? 0 : 1);
