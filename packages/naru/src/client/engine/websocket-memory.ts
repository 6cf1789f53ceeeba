/** Remembers the servers where a WebSocket has worked, so that the next session starts with one. */
import type { EngineOptions } from './options.js';

const SERVERS_MAX = 1_000;
const PREFIX = 'naru:websocket:';

/** The part of a session that the memory needs. */
export interface RememberedSession {
  readonly hostname: string;
  readonly port: string;
  readonly opts: EngineOptions;
  /** The transport that it uses, or has tried last. Absent before the first. */
  readonly transport?: { readonly name: string };
  /** The names of its transports, in the order in which they are tried. */
  readonly transports: readonly string[];
}

/** The memory of servers where a WebSocket has worked. */
export type WebSocketMemory = ReturnType<typeof createMemory>;

/**
 * Creates a memory that lives as long as this program, and longer with `storage`. `storage` may throw when a page is
 * denied access to it.
 */
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
    /**
     * Whether to start with a WebSocket although it is not first in order, because one has worked there and none has
     * failed since.
     */
    suggests(session: RememberedSession): boolean {
      const { upgrade, rememberUpgrade } = session.opts;
      if (upgrade === false || !rememberUpgrade || session.transports.indexOf('websocket') < 1) return false;
      const key = keyOf(session);
      return known.has(key) || !!attempt((kept) => kept?.getItem(key));
    },
    /** Notes whether the transport worked, if it is a WebSocket. */
    note(session: RememberedSession, works: boolean): void {
      if (session.transport?.name !== 'websocket') return;
      const key = keyOf(session);
      if (known.size >= SERVERS_MAX) known.clear();
      if (works) known.add(key);
      else known.delete(key);
      attempt((kept) => (works ? kept?.setItem(key, '1') : kept?.removeItem(key)));
    },
  };
}
