// Hundreds of clients fall silent at once while each is sent more than a server may keep for it. The memory of the
// server stays level, and every client receives everything in the end.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CalledChild } from './child.mjs';
import { LossyPath, openFolder, SERVER } from './path.mjs';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const MIB = 1024 ** 2;

const TRANSPORTS = ['websocket', 'polling', 'sse', 'tcp'];
const EVENT_BYTES = 16 * 1024;
const CALM_MS_MAX = 120_000;
/**
 * Bytes that a server may take beyond its buffers: garbage, of which Node allows a lot, and the pages of the log that
 * were read for many clients.
 */
const OWN_BYTES_MAX = 192 * MIB;

/** The options of the server in this scene. `lateBytesMax` bounds the waiting bytes for one client. */
const OPTIONS = {
  connectionStateRecovery: { maxDisconnectionDuration: 300_000, skipMiddlewares: true },
  pingInterval: 10_000,
  pingTimeout: 20_000,
  closeTimeout: 2_000,
  lateBytesMax: 64 * 1024,
};

/** Returns the faults and a summary line. */
export async function runHundreds({ count = 200, eventCount = 128 }) {
  const folder = openFolder();
  const path = await LossyPath.open();
  const stop = () => {
    path.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  const faults = [];
  try {
    const server = new CalledChild(
      path.fork('server', fileOf('./server.mjs'), { folder: join(folder, 'log'), host: SERVER, options: OPTIONS }),
      (how) => faults.push(`the server ended by itself: ${how}`),
    );
    const ports = await server.ready;
    const setup = { clients: [], datagrams: { alone: 0, lanes: [] }, host: SERVER, ports, roomNames: [], seed: 1 };
    const crowd = new CalledChild(path.fork('client', fileOf('./crowd.mjs'), { ...setup, file: '' }), (how) =>
      faults.push(`the clients' process ended by itself: ${how}`),
    );
    await crowd.ready;
    await crowd.call('openIdle', { count, transports: TRANSPORTS, room: 'idle' });
    const rssOf = async () => (await server.call('state'))?.rss ?? 0;
    const before = await rssOf();
    await path.change({ up: 1, down: 1 });
    let most = 0;
    let isFlooding = true;
    const flooding = server.call('flood', { count: eventCount, size: EVENT_BYTES, isOwn: true }).then(() => {
      isFlooding = false;
    });
    while (isFlooding) {
      most = Math.max(most, await rssOf());
      await sleep(100);
    }
    await flooding;
    most = Math.max(most, await rssOf());
    await path.change({});
    const calmAt = Date.now();
    const states = await awaitAll(crowd, eventCount);
    most = Math.max(most, await rssOf());
    const sent = count * eventCount * EVENT_BYTES;
    const allowed = count * OPTIONS.lateBytesMax + OWN_BYTES_MAX;
    const [kept] = [most - before];
    if (kept > allowed) faults.push(`the server took ${inMib(kept)} more; ${inMib(allowed)} are allowed`);
    const short = states.filter(({ flood, disorder }) => flood !== eventCount || disorder > 0);
    if (short.length > 0)
      faults.push(`${short.length} of ${count} did not get all, or not in order: ${JSON.stringify(short[0])}`);
    const back = states.reduce((sum, { connects }) => sum + connects - 1, 0);
    const recovered = states.reduce((sum, each) => sum + each.recovered, 0);
    const line = `${count} clients silent, ${inMib(sent)} sent to them: the server took ${inMib(kept)} more than ${inMib(before)}; ${back} came back, ${recovered} of them recovered; everything had arrived ${Date.now() - calmAt} ms later`;
    await Promise.all([crowd.end(), server.end()]);
    return { faults, lines: [line] };
  } finally {
    process.removeListener('exit', stop);
    stop();
  }
}

async function awaitAll(crowd, eventCount) {
  const until = Date.now() + CALM_MS_MAX;
  for (;;) {
    const states = (await crowd.call('idle')) ?? [];
    if (states.every(({ flood }) => flood >= eventCount) || Date.now() > until) return states;
    await sleep(200);
  }
}

function inMib(bytes) {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
