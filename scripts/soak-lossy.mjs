// npm run soak -- --lossy: server and clients in network namespaces, and a kernel that loses packets between them.
// Needs root, ip and iptables. Options: --scene NAME (all of them by default), --each 1 (clients of each wire), --seed
// N. Exit code 1 when a promise is broken.
import { parseArgs } from 'node:util';
import { runHundreds } from '../test/scenario/lossy/hundreds.mjs';
import { whyNoPath } from '../test/scenario/lossy/path.mjs';
import { listMissing, runScene, WIRES } from '../test/scenario/lossy/run.mjs';
import { SCENES } from '../test/scenario/lossy/scenes.mjs';

const { values } = parseArgs({
  options: {
    lossy: { type: 'boolean' },
    scene: { type: 'string', multiple: true },
    each: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
  },
});
const seed = Number(values.seed);
const each = Number(values.each);
/** All scenes. The last one is different: its clients only listen. */
const all = [...Object.keys(SCENES), 'hundreds'];
const names = values.scene ?? all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(each >= 1 && each <= 100)) {
  console.error(`--scene must be one of: ${all.join('; ')}. --each must be from 1 to 100, and --seed a whole number.`);
  process.exit(2);
}
const why = whyNoPath();
if (why !== undefined) {
  console.error(why);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const missing = listMissing();
if (missing.length > 0)
  console.log(`Skipped: ${missing.join(', ')}. To install the programs: apt-get install curl python3-stomp`);
const wires = Object.keys(WIRES).filter((wire) => !missing.includes(wire));

let faultCount = 0;
for (const name of names) {
  const { faults, lines } = await (name === 'hundreds' ? runHundreds({}) : runScene(name, { seed, each, wires }));
  for (const line of lines) console.log(line);
  for (const fault of faults.slice(0, 50)) console.log(`FAULT ${fault}`);
  faultCount += faults.length;
}
console.log(faultCount === 0 ? 'No faults.' : `${faultCount} faults. SEED ${seed}`);
process.exit(faultCount === 0 ? 0 : 1);
