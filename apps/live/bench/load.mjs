// Measures many viewers of one broadcast: node apps/live/bench/load.mjs [naru | socket.io] [--viewers 1000] [--slow
// 100] [--still 10] [--seconds 20] [--wish auto] [--json].
//
// The broadcast has 2.5 Mbit/s, 30 pictures a second, a key frame each second, and 25 packets of sound a second. The
// slow viewers have a line of 1 Mbit/s, and the still ones stop reading. BENCH_CORE=0 binds the server to that core.
// The viewers are in this process, so the machine needs a second core, and nothing else should run on it.
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { startServer } from './server.mjs';
import { Viewer } from './viewer.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    viewers: { type: 'string', default: '1000' },
    slow: { type: 'string', default: '100' },
    still: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    wish: { type: 'string', default: 'auto' },
    json: { type: 'boolean', default: false },
  },
});
const [kind = 'naru'] = positionals;
const count = { all: Number(values.viewers), slow: Number(values.slow), still: Number(values.still) };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Writes a frame as shared/frame.ts does. */
function frameOf(type, isKey, isLow, microseconds, size) {
  const bytes = Buffer.alloc(24 + size);
  bytes.set([type, (isKey ? 1 : 0) | (isLow ? 2 : 0), type === 1 ? 1 : 3, type === 1 ? 0 : 1]);
  bytes.writeDoubleBE(microseconds, 4);
  if (type === 2) bytes[24] = 0x78;
  else if (isKey) {
    bytes.writeUInt16BE(640, 20);
    bytes.writeUInt16BE(360, 22);
    bytes.set([0x10 | (5 << 5), 0, 0, 0x9d, 1, 0x2a, 640 & 255, 640 >> 8, 360 & 255, 360 >> 8], 24);
  } else bytes.set([0x11 | (5 << 5), 0, 0], 24);
  return bytes;
}

/** Goes on air and sends until the returned function is called. */
async function broadcast(port) {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], auth: { ticket: 'ab'.repeat(16) } });
  await new Promise((done) => socket.once('welcome', done));
  const wish = { key: 'cd'.repeat(16), kind: 'camera', qualities: ['high', 'low'], form: 'frames' };
  const { id } = await socket.emitWithAck('air:start', wish);
  socket.on('refused', (why) => console.log(`refused: ${why}`));
  const startedAt = performance.now();
  let [pictures, sounds] = [0, 0];
  const sending = setInterval(() => {
    const elapsed = performance.now() - startedAt;
    // A key frame of 40 kB and 29 others are 2.5 Mbit in a second. The low quality has a sixth of that.
    for (; pictures * 33.333 < elapsed; pictures++) {
      const isKey = pictures % 30 === 0;
      socket.emit('frame', frameOf(1, isKey, false, pictures * 33_333, isKey ? 40_000 : 9_200));
      if (kind === 'naru') socket.emit('frame', frameOf(1, isKey, true, pictures * 33_333, isKey ? 6_600 : 1_500));
    }
    for (; sounds * 40 < elapsed; sounds++) socket.emit('frame', frameOf(2, true, false, sounds * 40_000, 320));
  }, 5);
  return {
    id,
    stop() {
      clearInterval(sending);
      socket.disconnect();
    },
  };
}

function report(name, viewers) {
  const sum = (field) => viewers.reduce((total, viewer) => total + viewer[field], 0);
  const worst = Math.max(0, ...viewers.map(({ latestMs }) => latestMs));
  const closed = viewers.filter(({ isClosed }) => isClosed).length;
  const each = viewers.length === 0 ? 0 : Math.round(sum('video') / viewers.length);
  console.log(
    `${name}: ${viewers.length} viewers, ${each} pictures each, ${sum('lost')} lost, ${sum('torn')} gaps without a key frame, ` +
      `at most ${Math.round(worst)} ms late, ${closed} closed`,
  );
}

const server = await startServer(kind);
const air = await broadcast(server.port);
await wait(2_000);
const speedOf = (index) =>
  index < count.still ? 0 : index < count.still + count.slow ? 1_000_000 : Number.POSITIVE_INFINITY;
const before = server.memory();
const viewers = [];
for (let index = 0; index < count.all; index++) {
  viewers.push(new Viewer(server.port, air.id, speedOf(index), values.wish));
  if (index % 20 === 19) await wait(20);
}
const telling = setInterval(() => {
  for (const viewer of viewers) viewer.tell();
}, 500);
await wait(3_000);
// From here on, every viewer is in.
const entered = server.memory();
const busyAt = server.processor();
for (const viewer of viewers) Object.assign(viewer, { video: 0, audio: 0, lost: 0, torn: 0, latestMs: 0 });
let most = entered;
for (let second = 0; second < Number(values.seconds); second++) {
  await wait(1_000);
  most = Math.max(most, server.memory());
}
const busy = server.processor() - busyAt;
clearInterval(telling);
const { still, slow } = count;
report('fast', viewers.slice(still + slow));
report('slow', viewers.slice(still, still + slow));
report('still', viewers.slice(0, still));
const mib = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
console.log(
  `memory: ${mib(before)} before, ${mib(entered)} with all viewers, ${mib(most - entered)} more at most after that`,
);
console.log(`processor: ${((100 * busy) / Number(values.seconds)).toFixed(0)} % of one core`);
if (values.json) {
  const sum = (field) => viewers.reduce((total, viewer) => total + viewer[field], 0);
  const closed = viewers.filter(({ isClosed }) => isClosed).length;
  const latestMs = Math.max(...viewers.map((viewer) => viewer.latestMs));
  const bytesMore = entered - before;
  console.log(
    JSON.stringify({ pictures: sum('video'), lost: sum('lost'), closed, latestMs, bytesMore, cpuSeconds: busy }),
  );
}
for (const viewer of viewers) viewer.close();
air.stop();
await server.stop();
process.exit();
