/**
 * Connections to servers of Redis, and the scripts that run over them. This is the only file that imports the driver.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { Readings } from '@naru/broker';
import type { Bytes } from 'naru/base';
import { asBuffer, ConfigError, UnavailableError } from 'naru/base';
import type { RedisAddress } from '../options.js';
import type { RedisCommand, Script } from '../script.js';
import { tooLarge } from './failures.js';
import { foreignKeyError, isOfForeignKey } from './foreign-keys.js';

/** The part of the driver's client that is used. */
interface Client {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
  sSubscribe(channel: string, listener: (message: Buffer) => void, isBinary: true): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
  subscribe(channel: string, listener: (message: Buffer) => void, isBinary: true): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  on(event: string, listener: (error?: unknown) => void): unknown;
  destroy(): void;
}

/**
 * One connection. Redis carries out commands in the order of the calls. Commands under way reject when the connection
 * is lost.
 */
export interface RedisConnection {
  readonly address: RedisAddress;
  /** Whether the connection is neither lost nor closed. */
  readonly isOpen: boolean;
  /**
   * Sends a command. Resolves with the reply, in which texts are Buffers, and rejects with the error that Redis
   * answers.
   */
  call(args: readonly (string | Buffer)[]): Promise<unknown>;
  /** Resolves when messages of a channel reach the listener. @default isSharded true */
  subscribe(channel: string, listener: (message: Buffer) => void, isSharded?: boolean): Promise<void>;
  unsubscribe(channel: string, isSharded?: boolean): Promise<void>;
  /** Ends the connection. Neither `onLost` nor a listener is called any more. */
  close(): void;
}

/** The most bytes that UTF-8 takes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/** The type of texts in RESP, `$`. The driver returns them as Buffers if it is told so. */
const BLOB_STRING = 36;

/** One server of Redis over one connection: alone, or the master of some slots of a Redis Cluster. */
export class Shard {
  readonly connection: RedisConnection;
  /**
   * Names the run of the server and the history of its data, as far as this connection knows. It is empty if the server
   * does not tell.
   */
  token: string;
  readonly readings = new Readings();
  /** Bytes of the largest argument. Redis breaks the connection of a client that sends a larger one. */
  readonly #argumentBytesMax: number;
  readonly #loaded = new Set<Script>();

  constructor(connection: RedisConnection, token: string, argumentBytesMax = Number.POSITIVE_INFINITY) {
    this.connection = connection;
    this.token = token;
    this.#argumentBytesMax = argumentBytesMax;
  }

  /**
   * Runs a script and returns what its reply says. The server carries out scripts in the order of the calls. Rejects
   * with UnavailableError for an argument that Redis would not take, and for a write whose refusal got lost with a
   * connection. An error names the key of another program that is in the way.
   */
  async run<T>({ script, once, keys, args, decode }: RedisCommand<T>): Promise<T> {
    const allKeys = once ? [once.key, ...keys] : keys;
    const allArgs = once ? [`${once.number}`, `${once.settled}`, ...args] : args;
    try {
      const reply = await this.#send(script, allKeys, allArgs);
      if (!once || reply !== null) return decode(reply);
    } catch (error) {
      throw (isOfForeignKey(error) && (await foreignKeyError(this.connection, allKeys, error))) || error;
    }
    throw new UnavailableError(
      'NOT_KEPT',
      'Nothing was written, because Redis refused it. Its reason got lost with a connection.',
    );
  }

  async #send(script: Script, keys: readonly string[], args: readonly (string | Bytes)[]): Promise<unknown> {
    for (const arg of args) if (arg.length > this.#argumentBytesMax / BYTES_PER_UNIT) this.#checkSize(arg);
    if (!this.#loaded.has(script)) {
      this.#loaded.add(script);
      // If loading fails, the call answers that the script is unknown.
      this.connection.call(['SCRIPT', 'LOAD', script.source]).catch(() => undefined);
    }
    const words: (string | Buffer)[] = ['EVALSHA', hashOf(script), `${keys.length}`, ...keys];
    for (const arg of args) words.push(typeof arg === 'string' ? arg : asBuffer(arg));
    return this.connection.call(words);
  }

  #checkSize(argument: string | Bytes): void {
    const size = Buffer.byteLength(argument);
    if (size > this.#argumentBytesMax) throw tooLarge(size, this.#argumentBytesMax, this.connection.address);
  }
}

const hashes = new WeakMap<Script, string>();

function hashOf(script: Script): string {
  let hash = hashes.get(script);
  if (hash === undefined) {
    hash = createHash('sha1').update(script.source).digest('hex');
    hashes.set(script, hash);
  }
  return hash;
}

/**
 * Connects to a server. `onLost` is called once when the connection is lost later, or when the server ends a
 * subscription. Rejects with the error of the driver, and with a ConfigError if the driver is not installed.
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
  const subscriptions = new KeyedMutex();
  return {
    address,
    get isOpen() {
      return state === 'open';
    },
    call: (args) => client.sendCommand(args),
    subscribe: (channel, listener, isSharded = true) => {
      const own = guarded(listener, () => state === 'open');
      return subscriptions.run(channel, () =>
        isSharded ? client.sSubscribe(channel, own, true) : client.subscribe(channel, own, true),
      );
    },
    unsubscribe: (channel, isSharded = true) =>
      subscriptions.run(channel, () => (isSharded ? client.sUnsubscribe(channel) : client.unsubscribe(channel))),
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
 * The subscriptions of each channel that are under way. A new one waits for the one before: the driver takes a channel
 * for subscribed until the answer to its end has come.
 */
class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>();

  run(channel: string, act: () => Promise<void>): Promise<void> {
    const before = this.#last.get(channel);
    const running = before ? before.then(act, act) : act();
    this.#last.set(channel, running);
    const end = (): void => {
      if (this.#last.get(channel) === running) this.#last.delete(channel);
    };
    running.then(end, end);
    return running;
  }
}

/**
 * After the end of a connection, the driver may still read messages. It would lose its place in the stream if a
 * listener threw.
 */
function guarded(listener: (message: Buffer) => void, isOpen: () => boolean): (message: Buffer) => void {
  return (message) => {
    if (!isOpen()) return;
    try {
      listener(message);
    } catch (error) {
      void Promise.reject(error);
    }
  };
}

async function createClient(address: RedisAddress): Promise<Client> {
  const { host, port, username, password, database, tls, socket } = address;
  const driver = await loadDriver();
  const tlsOptions: ConnectionOptions = typeof tls === 'object' ? tls : {};
  return driver.createClient({
    RESP: 3,
    socket: { ...socket, ...(tls ? { ...tlsOptions, tls: true } : {}), host, port, reconnectStrategy: false },
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
