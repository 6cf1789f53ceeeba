// The settings of the soak's servers, and the log that they leave, for every kind of soak.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { countRaw } from './check/raw-log.mjs';

export const SERVER_OPTIONS = {
  connectionStateRecovery: { maxDisconnectionDuration: 300_000, skipMiddlewares: true },
  pingInterval: 2_000,
  pingTimeout: 5_000,
  // The server waits less than usual for a client that does not read its last messages.
  closeTimeout: 5_000,
  lateBytesMax: 64 * 1024,
};

export const STOMP_OPTIONS = { heartBeatMin: 1_000 };

/** Returns a port that nobody uses. It is below those that the system gives to outgoing connections. */
export async function findLinkPort(taken) {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(!taken.includes(port)));
    });
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** The range of numbers for one sender, which is never used up. */
export const NUMBERS = 10_000_000;

/** Opens the backplane of a home. */
export async function openBackplane({ kind, folder, url }) {
  if (kind === 'folder') return (await import('@naru/local')).local(folder, { bytes: 8 * 1024 ** 3 });
  if (kind === 'redis') return (await import('@naru/redis')).redis(url);
  return (await import('@naru/nats')).nats(url);
}

/** Reads the log of a soak that ran on a folder. */
export const readLog = (folder) => readLogOf({ kind: 'folder', folder: join(folder, 'log') });

/**
 * Reads the log of a home: every message to a room, the words of halls, the faults, and what else changes who gets
 * messages: `marks` of connections, and `deeds`, which are calls that concern sockets of all processes. Marks and deeds
 * have places between those of messages.
 */
export async function readLogOf(home) {
  const backplane = await openBackplane(home);
  const entries = [];
  const marks = [];
  const deeds = [];
  const words = [];
  let count = 0;
  const between = () => entries.length - 1 + (marks.length + deeds.length + 1) / BETWEEN_MAX;
  const { faults = [] } = backplane.log.verify?.('/') ?? {};
  for (let after = '00000000000'; ; ) {
    const { records, hasGap } = await backplane.log.read('/', after, 1_000);
    if (hasGap) faults.push(`records after ${after} are missing`);
    if (records.length === 0) break;
    count += records.length;
    for (const { offset, event, rooms, except, at } of records) {
      if (offset <= after) faults.push(`${offset} stands after ${after}`);
      after = offset;
      const data = JSON.parse(event);
      const [name, tag, , n, attempt] = data;
      if (name === 'here') marks.push({ place: between(), index: data[1], attempt: data[2], node: data[3] });
      else if (name === 'act' || name === 'ask') deeds.push({ place: between(), ...deedOf(data) });
      else if (name === 'w') words.push({ offset, tag, rooms, except });
      if (name !== 'm') continue;
      const entering = n === -1 && typeof attempt === 'string' ? { attempt } : {};
      entries.push({ offset, tag, n, room: rooms[0], at, ...entering });
    }
  }
  await backplane.close();
  if (home.url) {
    const raw = await countRaw(home);
    faults.push(...raw.faults);
    if (raw.count !== count) faults.push(`a new process reads ${count} records, and the broker holds ${raw.count}`);
  }
  return { entries, marks, deeds, words, faults: faults.map((fault) => `the log: ${fault}`) };
}

/**
 * Returns the present log of a home with the records that only its former log has, in the order of their offsets. The
 * marks and deeds of the former log are left out, because a soak with a promotion calls on nobody.
 */
export function addForgotten(now, former) {
  const kept = new Set(now.entries.map(({ offset, tag }) => `${offset} ${tag}`));
  const forgotten = former.entries.filter(({ offset, tag }) => !kept.has(`${offset} ${tag}`));
  const entries = [...now.entries, ...forgotten.map((entry) => ({ ...entry, isForgotten: true }))].sort((one, other) =>
    one.offset < other.offset ? -1 : 1,
  );
  const places = new Map(entries.map((entry, place) => [entry, place]));
  const move = (each) => {
    const before = Math.floor(each.place);
    return { ...each, place: each.place - before + (before < 0 ? -1 : places.get(now.entries[before])) };
  };
  return { ...now, entries, marks: now.marks.map(move), deeds: now.deeds.map(move) };
}

/** More than there are marks and deeds in a log. */
const BETWEEN_MAX = 1e8;

/** Returns what a record from one process to the others asks for. */
function deedOf([name, node, [rooms, except], kind, what]) {
  if (name === 'ask') return { kind: 'ask', node, rooms, except, question: what[1] };
  return { kind, node, rooms, except, what };
}
