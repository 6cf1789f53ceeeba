/** Connects to NATS. This is the only file that knows the driver, which an application installs if it uses NATS. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Bytes } from 'naru/base';
import { ConfigError, isNaruError, shown, UnavailableError } from 'naru/base';
import { foreignAnswer } from './foreign-server.js';
import type { NatsSettings } from './options.js';

/** A message that a connection receives. */
export interface NatsMessage {
  readonly subject: string;
  /** The subject for an answer, or an empty text. A message of a consumer has its place here. */
  readonly reply: string;
  readonly body: Bytes;
  /** The code of a message that carries a status instead of a body, such as 404. */
  readonly status: number | undefined;
  /** Returns a header, or `undefined` if the message has none with that name. */
  header(name: string): string | undefined;
}

/** A connection of the driver. */
export interface NatsSocket {
  readonly maxPayload: number;
  /** Whether the server belongs to a cluster, so that streams may be on other servers. */
  readonly isClustered: boolean;
  publish(subject: string, body: Bytes, headers?: Readonly<Record<string, string>>, reply?: string): void;
  /** Calls `onMessage` with messages to a subject until the returned function is called. */
  subscribe(subject: string, onMessage: (message: NatsMessage) => void): () => void;
  /** Resolves when the server has taken all that was sent before. Settles never if the connection is lost first. */
  flush(): Promise<void>;
  /** A new subject for answers to this connection. */
  createInbox(): string;
  /** Settles when the connection is lost or closed. */
  readonly closed: Promise<unknown>;
  close(): void;
}

const INSTALL = 'npm install @nats-io/transport-node';
/** Milliseconds in which a server must answer: fewer than a node waits for an uplink, so the reason has the address. */
const CONNECT_MS = 4_000;
/**
 * Milliseconds after which a server that says nothing is asked what it is. NATS speaks as soon as it has accepted a
 * connection.
 */
const SILENT_MS = 300;

async function load() {
  try {
    return await import('@nats-io/transport-node');
  } catch (error) {
    throw new ConfigError(
      'WRONG_STATE',
      `The NATS backplane needs the package "@nats-io/transport-node". Install it: ${INSTALL}`,
      error,
    );
  }
}

type Driver = Awaited<ReturnType<typeof load>>;

/** Connects by the driver. Rejects as `connectNats` does. */
async function dial(driver: Driver, settings: NatsSettings) {
  const { servers, user, password, token, credsFile, nkeySeed, tls, app } = settings;
  const text = new TextEncoder();
  const creds = credsFile === undefined ? settings.creds && text.encode(settings.creds) : readCredentials(credsFile);
  const authenticator = creds
    ? driver.credsAuthenticator(creds)
    : nkeySeed === undefined
      ? undefined
      : driver.nkeyAuthenticator(text.encode(nkeySeed));
  const connecting = driver.connect({
    servers: [...servers],
    name: `naru ${app}`,
    timeout: CONNECT_MS,
    // HomeCalls makes new uplinks, because only it knows which requests have to be made again.
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    ...(user !== undefined && { user, pass: password ?? '' }),
    ...(token !== undefined && { token }),
    ...(authenticator && { authenticator }),
    ...(tls && { tls }),
  });
  const isForeign = tls ? undefined : watchSilence(connecting, settings);
  try {
    return await (isForeign ? Promise.race([connecting, isForeign]) : connecting);
  } catch (error) {
    throw connectFailed(servers, error);
  }
}

/**
 * Rejects if nothing has come from the servers for a while, and another program than NATS answers there. Settles never
 * otherwise.
 */
function watchSilence(
  connecting: Promise<{ close(): Promise<void> }>,
  { servers, clock }: NatsSettings,
): Promise<never> {
  return new Promise((_, reject) => {
    let isSettled = false;
    const timer = clock.setTimeout(
      async () => {
        const answer = await foreignAnswer(servers, clock);
        if (answer === undefined || isSettled) return;
        reject(anotherProgram(servers, `it answers "${answer}"`));
        // The driver may still connect.
        connecting.then((connection) => connection.close()).catch(() => undefined);
      },
      SILENT_MS,
      undefined,
    );
    const settle = (): void => {
      isSettled = true;
      clock.clearTimeout(timer);
    };
    connecting.then(settle, settle);
  });
}

/**
 * Connects to one of the servers. Rejects with ConfigError if the servers refuse the login, and with UnavailableError
 * if none answers. `onError` is called when the server refuses something later. A message that it refuses has no
 * answer.
 */
export async function connectNats(
  settings: NatsSettings,
  onError: (error: unknown) => void = () => undefined,
): Promise<NatsSocket> {
  const driver = await load();
  const { servers } = settings;
  const connection = await dial(driver, settings);
  let isOver = false;
  guardSocket(connection);
  const tellErrors = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      const { error } = status;
      onError(
        error instanceof driver.PermissionViolationError ? notAllowed(settings, error) : reported(servers, error),
      );
    }
  };
  // It ends with the connection.
  void tellErrors();
  const { info } = connection;
  return {
    maxPayload: info?.max_payload ?? 1024 * 1024,
    isClustered: info?.cluster !== undefined,
    publish(subject, body, headers, reply) {
      if (isOver || connection.isClosed()) return;
      if (!headers) {
        connection.publish(subject, body, reply === undefined ? {} : { reply });
        return;
      }
      const all = driver.headers();
      for (const name in headers) all.set(name, headers[name] as string);
      connection.publish(subject, body, reply === undefined ? { headers: all } : { headers: all, reply });
    },
    subscribe(subject, onMessage) {
      if (isOver || connection.isClosed()) return () => undefined;
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) onMessage(messageOf(message));
        },
      });
      return () => subscription.unsubscribe();
    },
    flush: () => (isOver ? never() : connection.flush().catch(never)),
    createInbox: () => driver.createInbox(),
    closed: connection.closed(),
    close() {
      isOver = true;
      void connection.close();
    },
  };
}

/** A promise of its own for each caller, because a promise keeps everybody who waits for it. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/**
 * The driver takes all listeners off a socket when it closes. An error that the socket tells of later, for example of a
 * write to a server that has just gone, would end the process.
 */
function guardSocket(connection: unknown): void {
  const { socket } = (connection as { protocol?: { transport?: { socket?: Socket } } }).protocol?.transport ?? {};
  if (!socket) return;
  const remove = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...names: Parameters<typeof remove>) => remove(...names).on('error', () => undefined);
}

/** A message of the driver. */
interface DriverMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Bytes;
  readonly headers?: { get(name: string): string; has(name: string): boolean; readonly code: number };
}

function messageOf({ subject, reply = '', data, headers }: DriverMessage): NatsMessage {
  return {
    subject,
    reply,
    body: data,
    status: headers?.code || undefined,
    header: (name) => headers?.get(name) || undefined,
  };
}

function readCredentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError('BAD_OPTION', `Option "credsFile" must name a readable file, got ${shown(path)}.`, error);
  }
}

function notAllowed(
  { servers, app }: NatsSettings,
  error: { readonly operation: string; readonly subject: string },
): ConfigError {
  const own = `"naru.${app}.>"`;
  return new ConfigError(
    'WRONG_STATE',
    `NATS at ${servers.join(', ')} does not let the user ${error.operation === 'publish' ? 'publish' : 'subscribe'} to "${error.subject}". Allow publish to ${own} and "$JS.API.>", and subscribe to ${own} and "_INBOX.>".`,
    error,
  );
}

function reported(servers: readonly string[], error: Error): UnavailableError {
  return new UnavailableError('REFUSED', `NATS at ${servers.join(', ')} reports an error: ${error.message}`, error);
}

function anotherProgram(servers: readonly string[], how: string, cause?: unknown): UnavailableError {
  return new UnavailableError(
    'REFUSED',
    `Another program than NATS listens at ${servers.join(', ')}: ${how}. Check the address.`,
    cause,
  );
}

function connectFailed(servers: readonly string[], error: unknown): ConfigError | UnavailableError {
  if (isNaruError(error, 'UnavailableError')) return error;
  const where = servers.join(', ');
  const reason = error instanceof TypeError || error instanceof Error ? error.message : String(error);
  const isLate = /authentication timeout/i.test(reason);
  if (!isLate && /authoriz|authentic|permission/i.test(`${(error as Error).name} ${reason}`))
    return new ConfigError(
      'BAD_OPTION',
      `NATS at ${where} refused the login. Check user, password, token or keys.`,
      error,
    );
  if (/doesn't exist/.test(reason))
    return new ConfigError('BAD_OPTION', `Option "tls" must name readable files: ${reason}.`, error);
  if (/unexpected response/.test(reason))
    return anotherProgram(servers, 'its first words are not those of NATS', error);
  return new UnavailableError('CONNECT_FAILED', failureOf(where, reason), error);
}

function failureOf(where: string, reason: string): string {
  if (/^timeout/.test(reason))
    return `NATS at ${where} has not answered for ${CONNECT_MS / 1_000} seconds. It may be busy, stand still, or be out of reach. Look at its log, and check the address.`;
  if (/undefined error/.test(reason))
    return `NATS at ${where} has closed the connection. It may be starting or ending. Look at its log.`;
  const cannot = `NATS at ${where} cannot be reached: ${reason}.`;
  if (/certificate/.test(reason))
    return `${cannot} Name the authority that has signed it by the option "tls": { caFile }.`;
  return /tls/i.test(reason)
    ? `${cannot} Check the option "tls", and "nats:" or "tls:" in the address.`
    : `${cannot} Check the address, and that NATS runs.`;
}
