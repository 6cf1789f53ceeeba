// The settings of the soak's servers, and the log that they leave, for every kind of soak.
import { join } from 'node:path';
import { local } from 'naru/backplane/local';

export const SERVER_OPTIONS = {
  connectionStateRecovery: { maxDisconnectionDuration: 300_000, skipMiddlewares: true },
  pingInterval: 2_000,
  pingTimeout: 5_000,
  // The server waits less than usual for a client that does not read its last messages.
  closeTimeout: 5_000,
  lateBytesMax: 64 * 1024,
  stomp: { heartBeatMin: 1_000 },
};

/** The range of numbers for one sender, which is never used up. */
export const NUMBERS = 10_000_000;

/**
 * Reads the log in a folder: every message to a room, the faults, and what else changes who gets messages: `marks` of connections, and
 * `deeds`, which are calls that concern sockets of all processes. Marks and deeds have places between those of messages.
 */
export function readLog(folder) {
  const backplane = local(join(folder, 'log'));
  const entries = [];
  const marks = [];
  const deeds = [];
  const between = () => entries.length - 1 + (marks.length + deeds.length + 1) / BETWEEN_MAX;
  const { faults } = backplane.log.verify('/');
  for (let after = '00000000000'; ; ) {
    const { records } = backplane.log.read('/', after, 1_000);
    if (records.length === 0) break;
    for (const { offset, event, rooms, at } of records) {
      after = offset;
      const data = JSON.parse(event);
      const [name, tag, , n, attempt] = data;
      if (name === 'here') marks.push({ place: between(), index: data[1], attempt: data[2], node: data[3] });
      else if (name === 'act' || name === 'ask') deeds.push({ place: between(), ...deedOf(data) });
      if (name !== 'm') continue;
      const entering = n === -1 && typeof attempt === 'string' ? { attempt } : {};
      entries.push({ offset, tag, n, room: rooms[0], at, ...entering });
    }
  }
  void backplane.close();
  return { entries, marks, deeds, faults: faults.map((fault) => `the log: ${fault}`) };
}

/** More than there are marks and deeds in a log. */
const BETWEEN_MAX = 1e8;

/** Returns what a record from one process to the others asks for. */
function deedOf([name, node, [rooms, except], kind, what]) {
  if (name === 'ask') return { kind: 'ask', node, rooms, except, question: what[1] };
  return { kind, node, rooms, except, what };
}
