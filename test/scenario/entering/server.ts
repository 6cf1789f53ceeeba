/**
 * A server of the entry soak, in its own process: it speaks in rooms all the time, and clients enter them with history.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { local } from '../../../packages/local/src/local-backplane.js';
import { type Backplane, ZERO_OFFSET } from '../../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { systemClock } from '../../../packages/naru/src/base/clock.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { type Asking, FLOOD, type LoggedWord, type ServerSetup, type ToServer } from './messages.js';

/** Bytes of the log, which never has to remove anything. */
const LOG_BYTES = 4 * 1024 ** 3;
/** Milliseconds that sessions of lost clients are kept. */
const KEPT_MS = 300_000;

/** Milliseconds until a server looks again whether its home can be reached. */
const AGAIN_MS = 100;

/** Runs a server until its parent ends it. */
export async function serve(setup: ServerSetup): Promise<void> {
  const { boot, rooms, everyMs } = setup;
  const backplane = openBackplane(setup);
  const http = createServer();
  const io = new Server(http, {
    printNodes: false,
    backplane,
    connectionStateRecovery: { maxDisconnectionDuration: KEPT_MS, skipMiddlewares: true },
    lateBytesMax: 20_000,
    pingInterval: 2_000,
    pingTimeout: 6_000,
  });
  let count = 0;
  const newest: Record<string, string> = {};
  const say = (to: readonly string[], except?: string): string => {
    count += 1;
    const tag = `${boot}.${count}`;
    const target = io.to([...to]);
    (except === undefined ? target : target.except(except)).emit('m', tag, to);
    for (const room of to) newest[room] = tag;
    return tag;
  };
  const tell = (asking: Asking): void => void process.send?.({ asking });
  io.allow({
    subscribe: (socket, room) => {
      tell({ boot, socketId: socket.id, room, at: Date.now(), newest: newest[room] });
      return true;
    },
    history: true,
  });
  // The checker judges what clients notice of it.
  io.engine.on('log_error', () => undefined);
  io.on('connection', (socket) => {
    socket.on('word', (room: string, confirm: (tag: string) => void) => confirm(say([room], socket.id)));
    socket.on('flood', (done: () => void) => {
      // These events are not in the log, so they fill the connection and nothing else.
      for (let each = 0; each < FLOOD.count; each += 1) io.local.to(socket.id).emit('flood', 'x'.repeat(FLOOD.bytes));
      done();
    });
  });
  const random = new SeededRandom(setup.seed * 1_000 + boot);
  const speak = (): void => {
    const two = random.chance(0.2);
    say([...new Set(two ? [random.pick(rooms), random.pick(rooms)] : [random.pick(rooms)])]);
  };
  let speaking: NodeJS.Timeout | undefined;
  process.on('message', async (message: ToServer) => {
    if (message === 'rest') clearInterval(speaking);
    else process.send?.({ log: await readLog(backplane) });
  });
  process.on('disconnect', () => process.exit(0));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  // On a busy machine, the first try to reach the home may fail. The server goes on trying.
  await io.ready().catch(() => undefined);
  while ((backplane.state ?? 'up') !== 'up') await sleep(AGAIN_MS);
  speaking = setInterval(speak, everyMs);
  process.send?.({ port: (http.address() as AddressInfo).port });
}

function openBackplane({ home }: ServerSetup): Backplane {
  if (home.kind === 'memory') return memoryBackplane(systemClock, { ageMs: 86_400_000, bytes: LOG_BYTES });
  if (home.kind === 'folder') return local(home.folder ?? '', { bytes: LOG_BYTES });
  if (home.kind === 'redis') return redis(home.url ?? '', { bytes: LOG_BYTES });
  return nats(home.url ?? '');
}

/** Reads all events of rooms. */
async function readLog({ log }: Backplane): Promise<LoggedWord[]> {
  const words: LoggedWord[] = [];
  for (let after = ZERO_OFFSET; ; ) {
    const { records, hasGap } = await log.read('/', after, 1_000);
    if (hasGap) throw new RangeError(`the log has lost records after ${after}`);
    if (records.length === 0) return words;
    for (const { offset, event, rooms, except } of records) {
      after = offset;
      const [name, tag] = JSON.parse(event) as [string, string];
      if (name === 'm') words.push({ offset, tag, rooms: [...rooms], except: [...except] });
    }
  }
}
