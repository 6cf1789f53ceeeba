// npm run soak -- --real: servers and clients in separate processes, which are killed, cut off and stalled, and a
// checker that knows every message. Options: --clients 200 --messages 100000 --seconds 60 --servers 3 --crowds 2 --seed
// N, and --home folder, redis or nats. With --workers N the servers are workers of one program, behind one port. With
// --links they pass requests on to each other, and each connection leads to the next one; their secret changes step by
// step, or with --leap at once. With --update those that start in the second half have the next version of Naru. With
// --promote a Redis replica without the newest records takes over. With --busy a loop runs on each core. --course FILE
// keeps what the checker got. Exit code 1 when a message is lost, doubled, or out of order.
import { parseArgs } from 'node:util';
import { whyNoHome } from '../test/scenario/soak-real/home.mjs';
import { runSoak } from '../test/scenario/soak-real/run.mjs';

const { values } = parseArgs({
  options: {
    real: { type: 'boolean' },
    clients: { type: 'string', default: '200' },
    messages: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    servers: { type: 'string', default: '3' },
    workers: { type: 'string', default: '0' },
    crowds: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    home: { type: 'string', default: 'folder' },
    promote: { type: 'boolean', default: false },
    links: { type: 'boolean', default: false },
    leap: { type: 'boolean', default: false },
    busy: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    course: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});

/** The range of each number. */
const BOUNDS = {
  clients: [9, 5_000],
  messages: [100, 10_000_000],
  seconds: [2, 3_600],
  servers: [2, 8],
  workers: [0, 64],
  crowds: [1, 8],
  seed: [0, 2 ** 32 - 1],
};

const { home, promote, links, leap, update, busy } = values;
if (!['folder', 'redis', 'nats'].includes(home) || (promote && home !== 'redis')) {
  console.error(`Option "--home" must be folder, redis or nats, and redis with "--promote", got "${home}".`);
  process.exit(2);
}
const why = whyNoHome(home);
if (why !== undefined) {
  console.error(why);
  process.exit(2);
}

const settings = { home, promote, links: links && values.workers === '0', leap, update, busy, course: values.course };
for (const [name, [least, most]] of Object.entries(BOUNDS)) {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    console.error(`Option "--${name}" must be a whole number from ${least} to ${most}, got "${values[name]}".`);
    process.exit(2);
  }
  settings[name] = value;
}

const { faults, lines } = await runSoak(settings, values.quiet ? () => undefined : console.log);
for (const line of lines) console.log(line);
for (const fault of faults.slice(0, 200)) console.log(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'No faults.' : `${faults.length} faults. SEED ${settings.seed}`);
process.exit(faults.length === 0 ? 0 : 1);
