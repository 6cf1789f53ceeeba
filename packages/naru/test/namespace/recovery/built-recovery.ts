import { FakeClock, SeededRandom } from '../../../../testing/src/index.js';
import type { Backplane, KeyValueStore } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { throwLater } from '../../../src/base/uncaught.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { isFor } from '../../../src/namespace/log/records.js';
import type { RecoverableMember } from '../../../src/namespace/recovery/kept-session.js';
import { Recovery, type RecoverySettings } from '../../../src/namespace/recovery/recovery.js';
import type { SessionSearch } from '../../../src/namespace/recovery/session-search.js';
import type { RecoveredState } from '../../../src/namespace/recovery/written-session.js';
import { Outbox } from '../../../src/session/outbox.js';

/** The cost of each event besides its text. */
export const EVENT_COST = 300;
const SETTINGS: RecoverySettings = { maxDisconnectionDuration: 1_000, skipMiddlewares: true, keptSessionsMax: 10 };

export interface Built {
  clock: FakeClock;
  backplane: Backplane;
  log: NamespaceLog;
  recovery: Recovery;
  append(text: string, rooms?: string[], except?: string[]): string;
  missed(state: RecoveredState | undefined): string[];
}

export function build(
  settings: Partial<RecoverySettings> & { bytes?: number } = {},
  known?: Backplane,
  clock = new FakeClock(),
  seed = 1,
  onLogError: (error: unknown) => void = throwLater,
  name = '/',
): Built {
  const { bytes = 1_600, ...more } = settings;
  const backplane = known ?? memoryBackplane(clock, { ageMs: 1_000, bytes });
  const codec = new StandardCodec(DIALECT_V5, {});
  const outbox = new Outbox(clock);
  const context = {
    clock,
    codec,
    random: new SeededRandom(seed),
    store: backplane.store,
    outbox,
    onLogError,
    act: () => undefined,
  };
  const log = new NamespaceLog(name, backplane.log, {
    ...context,
    onAppending: () => recovery.writer?.writeChanged(),
    onTold: (message) => recovery.writer?.onTold(message),
  });
  const recovery: Recovery = new Recovery(name, log, context, { ...SETTINGS, ...more });
  return {
    clock,
    backplane,
    log,
    recovery,
    append(text, rooms = [], except = []) {
      const record = { rooms, except, event: text, attachments: [], at: clock.now() };
      const { offsets } = now(backplane.log.append(name, [record]));
      log.skip(String(offsets[0]));
      return String(offsets[0]);
    },
    missed(state) {
      if (!state) throw new TypeError('nothing was restored');
      const { records } = now(log.read(state.after, 1_000));
      return records.filter((record) => isFor(record, new Set(state.rooms))).map(({ event }) => event);
    },
  };
}

/** Returns the immediate answer of the memory backplane. */
export function now<T>(value: T | Promise<T>): T {
  if (value instanceof Promise) throw new TypeError('it takes its time');
  return value;
}

export function stateOf(restored: ReturnType<SessionSearch['restore']>): RecoveredState | undefined {
  return now(restored)?.state;
}

export function socket(id: string, rooms: string[] = []): RecoverableMember & { superseded: number } {
  return {
    id,
    findOpen: () => ({}),
    rooms: new Set([id, ...rooms]),
    data: { name: id },
    superseded: 0,
    pid: undefined,
    lag: undefined,
    client: { conn: { probe: () => false } },
    supersede() {
      this.superseded += 1;
    },
  };
}

/** Creates a backplane whose store outlives the process. */
export function durable(clock: FakeClock): Backplane {
  const backplane = memoryBackplane(clock, { ageMs: 1_000, bytes: 10_000 });
  const { store } = backplane;
  const kept: KeyValueStore = {
    isDurable: true,
    get: (key) => store.get(key),
    set: (key, value, expiresInMs) => store.set(key, value, expiresInMs),
    delete: (key) => store.delete(key),
    swap: (...args) => store.swap(...args),
    list: (prefix, limit) => store.list(prefix, limit),
    table: (name) => store.table(name),
  };
  return { ...backplane, store: kept };
}
