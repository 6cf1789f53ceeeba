/** A client of the entry soak: it enters rooms and leaves them, over one wire. */
import { io as stock } from 'socket.io-client';
import { io as ours } from '../../../packages/naru/src/client/index.js';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import type { Relay } from '../../kit/relay/relay.mjs';
import type { GuestSocket } from './steps.js';
import { Visits } from './visits.mjs';

/** The wires of clients. */
export const WIRES = ['stock websocket', 'stock polling', 'our websocket', 'our polling'] as const;

/** The parts that the clients of one process share. */
export interface GuestWorld {
  readonly rooms: readonly string[];
  /** The events of each room that any client has seen or sent, in the order of that. */
  readonly known: ReadonlyMap<string, Map<string, number | null>>;
  /** Called for each page. */
  onEntered(): void;
}

/** The most milliseconds between two things that a client does. */
const PAUSE_MS = 60;
/** One of so many entries is followed by older pages. */
const OLDER_EVERY = 12;

/** A client. */
export class Guest {
  readonly name: string;
  readonly relay: Relay;
  readonly visits: Visits;
  readonly #socket: GuestSocket & { connect(): unknown; disconnect(): unknown };

  constructor(name: string, wire: (typeof WIRES)[number], relay: Relay, random: SeededRandom, world: GuestWorld) {
    this.name = `${name} (${wire})`;
    this.relay = relay;
    const [whose, transport = ''] = wire.split(' ');
    const options = { forceNew: true, transports: [transport], reconnectionDelay: 20, reconnectionDelayMax: 500 };
    const socket = (whose === 'stock' ? stock(relay.url, options) : ours(relay.url, options)) as object;
    this.#socket = socket as GuestSocket & { connect(): unknown; disconnect(): unknown };
    const { rooms, known } = world;
    this.visits = new Visits(this.#socket, {
      ...{ random, rooms, known, word: 'm', pauseMs: PAUSE_MS, olderEvery: OLDER_EVERY },
      onEntered: () => world.onEntered(),
      stall: (ms) => relay.stall(ms),
      cut: (isSilent) => relay.cut(isSilent),
    });
    this.#listen();
  }

  /** Ends the client. */
  end(): void {
    this.#socket.disconnect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('disconnect', (reason: string) => {
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 50);
    });
    socket.on('naru:gap', (gap: unknown) => this.visits.note({ type: 'gap', gap }));
  }
}
