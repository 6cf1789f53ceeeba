// Rooms whose names have the form of socket ids of other servers. A broker tells messages to such rooms only to the
// servers that ask for them.
import { markSocketId } from 'naru/backplane';

/** The beginnings of the ids. Hardly any server of a soak has one of them. */
const TAGS = ['AA', 'BB', 'CC', 'DD'];

/** The rooms. */
export const OWN_ROOMS = TAGS.flatMap((tag) =>
  ['landing', 'harbour'].map((name) => markSocketId(name.padEnd(20, '-'), tag)),
);

/** Whether a client on a wire may be in them. Clients that enter rooms by themselves may not enter own rooms. */
export const mayOwn = (wire) => wire.startsWith('stock') || wire.startsWith('our');
