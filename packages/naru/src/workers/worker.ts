/** One worker: runs the application, reaches the other workers, and ends when it is told to. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../backplane/talk/talk.js';
import { type Clock, systemClock, unreferenced } from '../base/clock.js';
import { ConfigError } from '../base/errors.js';
import { type RawConnection, socketOfRaw, takeRawConnection } from '../node-internals/raw-connection.js';
import type { Server } from '../server/api/server.js';
import { LinkServer, linkPath } from '../server/links/link-server.js';
import { leave, setOtherNodes } from '../server/links/other-nodes.js';
import { headOf, Passing } from '../server/links/passing.js';
import { Accepting, type Way } from './accepting.js';
import { HandOvers, refuseRaw } from './hand-over.js';
import { removeLinkFolder } from './link-folder.js';
import { readPrimaryMessage } from './messages.js';
import { endOnSignal, type Program } from './signals.js';

/** The parts of a server that a worker needs. */
export type WorkerServer = Pick<
  Server,
  'node' | 'opts' | 'engine' | 'endpoints' | 'httpServer' | 'ready' | 'drain' | 'close'
>;

/** The server of a worker, and how the application ends. */
export interface WorkerApp {
  readonly io: WorkerServer;
  /**
   * Ends everything, and first sends the clients away in waves with `isGentle`. Without it, the server and its
   * backplane close.
   */
  close?(isGentle: boolean): Promise<void>;
  /** A value for the primary, such as the address. It must be possible to write it as JSON. */
  readonly report?: unknown;
}

/** The place of a worker among the others. */
export interface WorkerPlace {
  /** The folder with the sockets of all workers. */
  readonly folder: string;
  /** The number of workers. Each takes its part of the bounds that hold for the machine. */
  readonly count: number;
}

/** Starts the application in a worker. */
export type StartWorker = () => WorkerApp | WorkerServer | Promise<WorkerApp | WorkerServer>;

/** The channel to the primary. Node's `process` is one. */
export interface Channel extends Program, Way {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'disconnect', listener: () => void): unknown;
  on(event: 'message', listener: (message: unknown, connection: RawConnection | undefined) => void): unknown;
  /** Whether the primary is there. */
  readonly connected?: boolean;
}

/** Milliseconds between two looks at whether the primary is there. */
const LOOK_MS = 100;

/** Milliseconds that open requests have before they are cut off at the end. */
const LAST_REQUESTS_MS = 500;
/** The same in a reload. A poll for a session of another worker may wait for a worker that has much to do. */
const LAST_OF_RELOAD_MS = 5_000;

/**
 * Runs an application as a worker. Resolves when the worker takes traffic. Rejects if the application cannot start,
 * and with ConfigError if its server has no log that other processes share.
 */
export async function runWorker(
  start: StartWorker,
  place: WorkerPlace,
  program: Channel,
  report: (error: unknown) => void,
): Promise<void> {
  const accepting = new Accepting(program, systemClock, place.count === 1);
  accepting.begin();
  let app: WorkerApp | undefined;
  let links: Links | undefined;
  let isLast = false;
  let isOrphan = false;
  let isRetired = false;
  const retire = (): void => {
    if (!app || isRetired) return;
    isRetired = true;
    stopListening(app.io);
  };
  let closing: Promise<void> | undefined;
  const close = async (isGentle: boolean): Promise<void> => {
    // The other workers take the new connections. When all end, each goes on taking its own: polls would find no port
    // otherwise.
    if (!isLast) retire();
    // An application that sends its clients away goes on when they have gone.
    if (app && closing && !isGentle) void app.io.drain({ withinMs: 0 });
    const requestsMs = isGentle && !isLast ? LAST_OF_RELOAD_MS : LAST_REQUESTS_MS;
    if (app) closing ??= app.close?.(isGentle) ?? closeServer(app.io, isGentle, requestsMs);
    await closing;
    links?.close();
    if (isOrphan) removeLinkFolder(place.folder);
  };
  const end = endOnSignal(program, close, report, ['SIGINT', 'SIGTERM']);
  // A terminal sends SIGHUP to all processes. The primary decides what it means.
  program.on('SIGHUP', () => undefined);
  program.on('message', (given, connection) => {
    const message = readPrimaryMessage(given);
    if (message) accepting.onMessage(message, connection);
    if (message?.naru === 'take' && connection) links?.take(connection, message.bytes);
    if (message?.naru === 'retire') retire();
    if (message?.naru !== 'stop') return;
    isLast = message.isLast;
    end(message.isGentle);
  });
  // Nobody can connect any more, so there is nobody to wait for.
  watchPrimary(program, () => {
    isOrphan = true;
    end(false);
  });
  const started = await start();
  app = 'io' in started ? started : { io: started };
  const { io } = app;
  links = new Links(io, place, systemClock, program);
  await io.ready();
  const http = io.httpServer as typeof io.httpServer | undefined;
  if (http && !http.listening) await once(http, 'listening');
  program.send?.({ naru: 'ready', node: links.node, report: app.report });
}

/** Calls back when the primary has died. Node does not tell of it while a connection is on its way to the primary. */
function watchPrimary(program: Channel, onGone: () => void): void {
  program.on('disconnect', onGone);
  const look = (): void => {
    if (program.connected === false) onGone();
    else unreferenced(systemClock.setTimeout(look, LOOK_MS, undefined));
  };
  look();
}

/** The links between one server and those of the other workers. */
class Links {
  readonly node: string;
  readonly #io: WorkerServer;
  readonly #server: LinkServer;
  readonly #passing: Passing;
  readonly #program: Channel;
  /** The connections that are on their way to the primary. */
  readonly #handOvers = new HandOvers(refuseRaw);

  constructor(io: WorkerServer, { folder, count }: WorkerPlace, clock: Clock, program: Channel) {
    const { node } = io;
    if (node === undefined || !io.opts.backplane?.store.isDurable) {
      throw new ConfigError(
        'BAD_OPTION',
        'the workers need a log that all of them share; set the option "backplane" to local("./data"), or to a broker (docs/workers.md)',
      );
    }
    io.engine.admission.share(count);
    this.node = node;
    this.#io = io;
    this.#server = new LinkServer({ path: linkPath(folder, node) }, () => io.engine);
    this.#program = program;
    const passing = new Passing({ find: (other, found) => found({ path: linkPath(folder, other) }) }, clock);
    this.#passing = passing;
    setOtherNodes(io, {
      workers: {
        has: (other) => existsSync(linkPath(folder, other)),
        passRequest: (...args) => passing.passRequest(...args),
        passUpgrade: (other, request, socket, head, refuse) => {
          // A pipe would keep two connections more for as long as the session lives.
          if (!this.#handOverParsed(other, request, socket, head))
            passing.passUpgrade(other, request, socket, head, refuse);
        },
        handOver: (...args) => this.#handOver(...args),
      },
    });
  }

  /** Takes a connection that another worker has given away. */
  take(connection: RawConnection, bytes: string): void {
    this.#server.take(socketOfRaw(connection, Buffer.from(bytes, 'latin1')));
  }

  /** Gives a connection to the worker of its session, through the primary. */
  #handOver(node: NodeCode, socket: Socket, bytes: Buffer): boolean {
    const program = this.#program;
    const connection = program.send && !this.#handOvers.isFull ? takeRawConnection(socket) : undefined;
    if (!connection) return false;
    const message = { naru: 'hand-over', node, bytes: bytes.toString('latin1') } as const;
    this.#handOvers.send(connection, (sent, done) => void program.send?.(message, sent, done));
    return true;
  }

  /**
   * Gives the connection of an upgrade that Node's server has parsed to the worker of its session. The connection may
   * have carried other requests before.
   */
  #handOverParsed(node: NodeCode, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!(socket instanceof Socket) || !this.#io.engine.nodeInternals.parts.fastUpgrades) return false;
    return this.#handOver(node, socket, Buffer.concat([headOf(request, request.rawHeaders), head]));
  }

  /** Ends all links. */
  close(): void {
    setOtherNodes(this.#io, { workers: undefined });
    this.#passing.close();
    this.#server.close();
  }
}

/**
 * Takes no new connections and no new clients any more. The sessions on datagrams end, because another worker opens
 * their port.
 */
function stopListening(io: WorkerServer): void {
  const { httpServer, endpoints } = io;
  leave(io);
  const server = httpServer as HttpServer | undefined;
  if (server) {
    // The method of HTTP would cut idle connections, on which a request may be on its way.
    NetServer.prototype.close.call(server);
    // A connection whose request is under way now ends when nothing follows its answer.
    server.keepAliveTimeout = LAST_REQUESTS_MS;
    // Each connection ends with its next answer, so that later requests reach another worker.
    server.prependListener('request', (request, response) => {
      response.shouldKeepAlive = false;
      // A connection of HTTP/2 ends with its requests.
      (request as { stream?: { session?: { close(): void } } }).stream?.session?.close();
    });
  }
  // A connection that is still open must not bring a new client either.
  io.engine.admission.close();
  for (const endpoint of endpoints) void endpoint.close();
}

async function closeServer(io: WorkerServer, isGentle: boolean, requestsMs: number): Promise<void> {
  if (isGentle) await io.drain();
  const http = io.httpServer as { closeAllConnections?(): void } | undefined;
  const late = systemClock.setTimeout(() => http?.closeAllConnections?.(), requestsMs, undefined);
  await io.close();
  systemClock.clearTimeout(late);
  await io.opts.backplane?.close();
}
