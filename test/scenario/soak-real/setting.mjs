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

/** Reads the log in a folder: every message to a room, and the faults. */
export function readLog(folder) {
  const backplane = local(join(folder, 'log'));
  const entries = [];
  const { faults } = backplane.log.verify('/');
  for (let after = '00000000000'; ; ) {
    const { records } = backplane.log.read('/', after, 1_000);
    if (records.length === 0) break;
    for (const { offset, event, rooms, at } of records) {
      after = offset;
      const [name, tag, , n, attempt] = JSON.parse(event);
      if (name !== 'm') continue;
      const entering = n === -1 && typeof attempt === 'string' ? { attempt } : {};
      entries.push({ offset, tag, n, room: rooms[0], at, ...entering });
    }
  }
  void backplane.close();
  return { entries, faults: faults.map((fault) => `the log: ${fault}`) };
}
