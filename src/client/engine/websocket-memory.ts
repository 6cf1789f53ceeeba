/** Remembers at which servers a WebSocket has worked, so that the next session starts with one. */
import type { EngineOptions } from './options.js';

const SERVERS_MAX = 1_000;
const PREFIX = 'naru:websocket:';

/** What is asked of a session. */
export interface RememberedSession {
  readonly hostname: string;
  readonly port: string;
  readonly opts: EngineOptions;
  /** The names of its transports in the order of trial. */
  readonly transports: readonly string[];
}

/** Where a WebSocket has worked. */
export type WebSocketMemory = ReturnType<typeof createMemory>;

/** A memory that lives as long as this program, and in `storage` beyond it. A page may be denied its storage: then it may throw. */
export function createMemory(storage?: () => Storage) {
  const known = new Set<string>();
  const keyOf = ({ hostname, port, opts }: RememberedSession): string => `${PREFIX}${hostname}:${port}${opts.path}`;
  const attempt = <Result>(use: (storage: Storage | undefined) => Result): Result | undefined => {
    try {
      return use(storage?.());
    } catch {
      return undefined;
    }
  };
  return {
    /** Whether to start with a WebSocket although it is not first in order: one has worked there, and none has failed since. */
    suggests(session: RememberedSession): boolean {
      const { upgrade, rememberUpgrade } = session.opts;
      if (upgrade === false || !rememberUpgrade || session.transports.indexOf('websocket') < 1) return false;
      const key = keyOf(session);
      return known.has(key) || !!attempt((kept) => kept?.getItem(key));
    },
    /** Notes whether a WebSocket worked. */
    note(session: RememberedSession, works: boolean): void {
      const key = keyOf(session);
      if (known.size >= SERVERS_MAX) known.clear();
      if (works) known.add(key);
      else known.delete(key);
      attempt((kept) => (works ? kept?.setItem(key, '1') : kept?.removeItem(key)));
    },
  };
}
