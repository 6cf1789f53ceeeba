/** Processes with one store on one clock. Each is a whole server without a port. */
import { afterEach } from 'vitest';
import { FakeClock, TestServer, type TestServerOptions } from '../../../../testing/src/entry/index.js';
import type { Backplane, KeyValueStore, LeaseTable } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import { type Socket as ClientSocket, io } from '../../../src/client/index.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A store that several processes share. */
class OutsideStore extends MemoryStore {
  override readonly isDurable = true as never;
}

/** A store that answers late, like one on the network. */
class LateStore implements KeyValueStore {
  readonly isDurable = true;
  readonly #store: MemoryStore;

  constructor(clock: FakeClock) {
    this.#store = new MemoryStore(clock);
  }

  get = async (key: string) => this.#store.get(key);
  set = async (key: string, value: string, expiresInMs?: number) => this.#store.set(key, value, expiresInMs);
  delete = async (key: string) => this.#store.delete(key);
  swap = async (...args: Parameters<MemoryStore['swap']>) => this.#store.swap(...args);
  list = async (prefix: string, limit: number) => this.#store.list(prefix, limit);
  table = (name: string): LeaseTable => {
    const table = this.#store.table(name);
    return {
      put: async (...args) => table.put(...args),
      get: async (key) => table.get(key),
      remove: async (...args) => table.remove(...args),
      list: async (...args) => table.list(...args),
    };
  };
}

export type Options = TestServerOptions['server'];

/** A group of processes that start and end. */
export class Town {
  readonly clock = new FakeClock();
  readonly backplane: Backplane;
  readonly #options: Options;
  #count = 0;

  constructor(options: Options = {}, kind: 'outside' | 'late' = 'outside', isConnected = true) {
    const { talk, ...memory } = memoryBackplane(this.clock, { ageMs: 600_000, bytes: 10_000_000 });
    this.backplane = {
      ...memory,
      ...(isConnected && talk && { talk }),
      store: kind === 'late' ? new LateStore(this.clock) : new OutsideStore(this.clock),
    };
    this.#options = options;
  }

  /** Starts a process, with ids that differ from those of all others. */
  start(): TestServer {
    this.#count += 1;
    const server = new TestServer({
      seed: this.#count,
      clock: this.clock,
      server: { backplane: this.backplane, ...this.#options },
    });
    ends.push(() => server.close());
    return server;
  }
}

/** Connects a client. */
export async function visit(server: TestServer, options: object = {}): Promise<ClientSocket> {
  const client = io(server.url, { ...server.clientOptions, ...options });
  ends.push(() => client.disconnect());
  await server.clock.advance(100);
  return client;
}
