// Measures how long a game stands still after a crash: node apps/arena/bench/restart.mjs [--times 4].
//
// A player with the connection of a page plays on the only server. The server is killed and started again at once. The
// times are from the start of the new process to its first snapshot, and from the crash. Build first: npm run build.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { io } from 'naru/client';
import { launch, serving } from 'naru-apps-kit/bench/server.mjs';

const { values } = parseArgs({ options: { times: { type: 'string', default: '4' } } });
const data = mkdtempSync(join(tmpdir(), 'arena-restart-'));
const start = (port) => {
  const args = serving(fileURLToPath(new URL('..', import.meta.url)), data);
  args[args.indexOf('--port') + 1] = String(port);
  return launch(args, { env: { ARENA_LANE_PORT: 'off' } });
};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

let server = await start(0);
const { port } = server;
const socket = io(`http://127.0.0.1:${port}`, {
  auth: { ticket: '1'.padStart(32, '0') },
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  reconnectionDelay: 200,
  reconnectionDelayMax: 1_000,
});
let room;
const play = async () => {
  const answer = await socket.emitWithAck('play', room === undefined ? {} : { room });
  if (answer.ok) ({ room } = answer.place);
  else setTimeout(play, answer.waitMs ?? 2_000);
};
socket.on('welcome', play);
const snapshot = () => new Promise((done) => socket.once('s', done));
for (let time = 0; time < Number(values.times); time++) {
  await snapshot();
  // The journal has the place after a second.
  await wait(3_000);
  const killedAt = performance.now();
  await server.stop('SIGKILL');
  const startedAt = performance.now();
  const [started] = await Promise.all([start(port), snapshot()]);
  server = started;
  const now = performance.now();
  const seconds = (from) => ((now - from) / 1_000).toFixed(1);
  console.log(`play goes on ${seconds(startedAt)} s after the restart, and ${seconds(killedAt)} s after the crash`);
}
socket.close();
await server.stop();
rmSync(data, { recursive: true, force: true });
process.exit();
