/**
 * The differences between Node, browsers and the smaller bundles. They are injected, so that no bundle contains code
 * that it does not use.
 */
import type { BinaryType, ClientWire, EngineOptions, TransportClass } from './options.js';
import type { Upgrader } from './probe.js';
import type { WebSocketMemory } from './websocket-memory.js';

/** The parts of a platform. */
export interface Platform {
  /** The transports by name, in the order in which they are tried. */
  readonly transports: Readonly<Record<string, TransportClass>>;
  /** The names of the default transports. @default all of them */
  readonly defaults?: readonly string[];
  /** The default transports for schemes other than those of HTTP and WebSocket. */
  readonly schemes?: Readonly<Record<string, readonly string[]>>;
  /**
   * Rewrites a special address, such as that of a Unix socket, to the common form. Other addresses stay as they are.
   */
  readonly rewrite?: (uri: string) => string;
  /** The type in which listeners get received bytes. @default 'arraybuffer' */
  readonly binaryType?: BinaryType;
  /** Moves a session to a better transport. Absent if there is only one transport. */
  readonly upgrade?: Upgrader;
  /** Remembers the servers where a WebSocket has worked. Absent if there is only one transport. */
  readonly memory?: WebSocketMemory;
  /** Adds what its wires have beside a connection, which is a Manager. */
  readonly accompany?: (connection: object) => void;
  /** Completes the options of one session, which are its own copy. */
  readonly prepare?: (options: EngineOptions) => void;
}

/** Returns the parts of a platform that follow from its wires. The order of the wires is that of the defaults. */
export function joinWires(
  wires: readonly ClientWire[],
): Pick<Platform, 'transports' | 'schemes' | 'accompany'> & { readonly defaults: readonly string[] } {
  const named = wires.map((wire) => ({ ...wire, name: wire.transport.prototype.name }));
  return {
    transports: Object.fromEntries(named.map(({ name, transport }) => [name, transport])),
    defaults: named.filter(({ schemes }) => !schemes).map(({ name }) => name),
    schemes: Object.fromEntries(named.flatMap(({ name, schemes = [] }) => schemes.map((scheme) => [scheme, [name]]))),
    accompany(connection) {
      for (const wire of wires) wire.accompany?.(connection);
    },
  };
}

/** Returns a platform with the wires that a program gives. */
export function withWires(platform: Platform, wires: readonly ClientWire[] = []): Platform {
  if (wires.length === 0) return platform;
  const more = joinWires(wires);
  return {
    ...platform,
    transports: { ...platform.transports, ...more.transports },
    defaults: [...(platform.defaults ?? Object.keys(platform.transports)), ...more.defaults],
    schemes: { ...platform.schemes, ...more.schemes },
    accompany(connection) {
      platform.accompany?.(connection);
      more.accompany?.(connection);
    },
  };
}
