/** Connections to a server of Redis. This is the only file that imports the driver. */
import { Buffer } from 'node:buffer';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '../../../base/errors.js';
import type { RedisAddress } from '../options.js';

/** The part of the driver's client that is used. */
interface Client {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
  sSubscribe(channel: string, listener: (message: Buffer) => void, isBinary: true): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
  on(event: string, listener: (error?: unknown) => void): unknown;
  destroy(): void;
}

/** One connection. Redis carries out commands in the order of the calls. Commands under way reject when the connection is lost. */
export interface RedisConnection {
  readonly address: RedisAddress;
  /** Whether the connection is neither lost nor closed. */
  readonly isOpen: boolean;
  /** Sends a command. Resolves with the reply, in which texts are Buffers, and rejects with the error that Redis answers. */
  call(args: readonly (string | Buffer)[]): Promise<unknown>;
  /** Resolves when messages of a sharded channel reach the listener. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Ends the connection. `onLost` is not called. */
  close(): void;
}

/** The type of texts in RESP, `$`. The driver returns them as Buffers if it is told so. */
const BLOB_STRING = 36;

/**
 * Connects to a server. `onLost` is called once when the connection is lost later, or when the server ends a subscription. Rejects with the
 * error of the driver, and with a ConfigError if the driver is not installed.
 */
export async function openConnection(
  address: RedisAddress,
  onLost: (cause: unknown) => void,
): Promise<RedisConnection> {
  const client = await createClient(address);
  let state: 'opening' | 'open' | 'over' = 'opening';
  let fail: (reason: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const lose = (cause: unknown): void => {
    if (state === 'opening') {
      // The driver goes on to wait for an answer that it can read.
      if (isUnreadable(cause)) fail(cause);
      return;
    }
    const wasOpen = state === 'open';
    state = 'over';
    client.destroy();
    if (wasOpen) onLost(cause);
  };
  for (const event of ['error', 'end', 'terminated', 'sharded-channel-moved']) client.on(event, lose);
  try {
    await Promise.race([failed, client.connect()]);
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    state = client.isReady ? 'open' : 'over';
  }
  const turns = new Turns();
  return {
    address,
    get isOpen() {
      return state === 'open';
    },
    call: (args) => client.sendCommand(args),
    subscribe: (channel, listener) => turns.take(channel, () => client.sSubscribe(channel, guarded(listener), true)),
    unsubscribe: (channel) => turns.take(channel, () => client.sUnsubscribe(channel)),
    close() {
      state = 'over';
      client.destroy();
    },
  };
}

/** Whether something else than Redis has spoken: its words do not begin as those of Redis do. */
export function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('Unknown RESP type');
}

/**
 * The subscriptions of each channel that are under way. A new one waits for the one before: the driver takes a channel for subscribed until the
 * answer to its end has come.
 */
class Turns {
  readonly #last = new Map<string, Promise<void>>();

  take(channel: string, act: () => Promise<void>): Promise<void> {
    const before = this.#last.get(channel);
    const turn = before ? before.then(act, act) : act();
    this.#last.set(channel, turn);
    const end = (): void => {
      if (this.#last.get(channel) === turn) this.#last.delete(channel);
    };
    turn.then(end, end);
    return turn;
  }
}

/** The driver would lose its place in the stream if a listener threw. */
function guarded(listener: (message: Buffer) => void): (message: Buffer) => void {
  return (message) => {
    try {
      listener(message);
    } catch (error) {
      void Promise.reject(error);
    }
  };
}

async function createClient({ host, port, username, password, database, tls }: RedisAddress): Promise<Client> {
  const driver = await loadDriver();
  const tlsOptions: ConnectionOptions = typeof tls === 'object' ? tls : {};
  return driver.createClient({
    RESP: 3,
    socket: { ...(tls ? { ...tlsOptions, tls: true } : {}), host, port, reconnectStrategy: false },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    disableOfflineQueue: true,
    // The server's maintenance notices and the driver's timers cost time, and HomeCalls watches the connection.
    maintNotifications: 'disabled',
    commandOptions: { timeout: undefined, typeMapping: { [BLOB_STRING]: Buffer } },
    clientInfoTag: 'naru',
  } as Parameters<typeof driver.createClient>[0]) as unknown as Client;
}

async function loadDriver() {
  try {
    return await import('@redis/client');
  } catch (error) {
    throw new ConfigError(
      'WRONG_STATE',
      'The backplane on Redis needs the package "@redis/client". Install it with: npm install @redis/client',
      error,
    );
  }
}
