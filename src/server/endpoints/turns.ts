/**
 * Lets one process at a time open an endpoint that several processes cannot share. In a worker of `cluster`, the
 * primary gives the turns.
 */
import nodeCluster from 'node:cluster';
import { getOrCreate } from '../../base/get-or-create.js';

/** An endpoint that waits for its turn. */
export interface TurnTaker {
  /** Called once, when this process has to open the endpoint: at `port`, if another process has had it there. */
  onTurn(port: number | undefined): void;
  /** Called when another process has the endpoint now. */
  onWait(): void;
}

/** The place of an endpoint in the row of the processes. */
export interface Turn {
  /** Says at which port the endpoint is open. A process that takes it over opens the same port. */
  opened(port: number): void;
  /** Lets another process open the endpoint. */
  end(): void;
}

/** Asks for the turn of an endpoint. */
export type TurnAsker = (url: string, taker: TurnTaker) => Turn;

/** A message of a worker about an endpoint that workers cannot share. */
export type TurnMessage =
  /** The worker asks whether it has to open the endpoint. */
  | { readonly naru: 'ask-turn'; readonly endpoint: string }
  /** The worker has opened the endpoint. */
  | { readonly naru: 'turn-taken'; readonly endpoint: string; readonly port: number }
  /** The worker has closed the endpoint, or does not wait for it any more. */
  | { readonly naru: 'end-turn'; readonly endpoint: string };

/**
 * The primary's answer. The worker has to open the endpoint, at `port` if that is not 0. Without `isYours`, another
 * worker has it now.
 */
export interface TurnAnswer {
  readonly naru: 'turn';
  readonly endpoint: string;
  readonly isYours: boolean;
  readonly port: number;
}

/** The channel of a worker to its primary. Node's `process` is one. */
export interface TurnChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: TurnMessage, connection?: undefined, sent?: (error: Error | null) => void): unknown;
}

/**
 * The variable of the environment that names the folder of the links between workers. Only workers of `cluster` have
 * it.
 */
export const WORKER_FOLDER = 'NARU_WORKER_FOLDER';

/** Asks for the turn of an endpoint in this process. Outside of a worker, every turn comes at once. */
export const askForTurn: TurnAsker = (url, taker) => {
  if (nodeCluster.isWorker && process.env[WORKER_FOLDER] !== undefined) return askPrimary(process, url, taker);
  taker.onTurn(undefined);
  return { opened: ignore, end: ignore };
};

/** The endpoints of each worker that wait for a turn or have it, by name. */
const takersOf = new WeakMap<TurnChannel, Map<string, TurnTaker>>();

/** Asks the primary of a worker for the turn of an endpoint. */
export function askPrimary(program: TurnChannel, url: string, taker: TurnTaker): Turn {
  const takers = getOrCreate(takersOf, program, () => listenTo(program));
  const send = (message: TurnMessage): void => void program.send?.(message, undefined, ignore);
  // A program may open two endpoints at the same address, when it leaves the port to the system.
  let count = 1;
  while (takers.has(`${count} ${url}`)) count += 1;
  const endpoint = `${count} ${url}`;
  takers.set(endpoint, taker);
  send({ naru: 'ask-turn', endpoint });
  return {
    opened: (port) => send({ naru: 'turn-taken', endpoint, port }),
    end: () => {
      if (takers.get(endpoint) !== taker) return;
      takers.delete(endpoint);
      send({ naru: 'end-turn', endpoint });
    },
  };
}

/** Passes the answers of the primary on. They may come after the endpoint was closed. */
function listenTo(program: TurnChannel): Map<string, TurnTaker> {
  const takers = new Map<string, TurnTaker>();
  program.on('message', (message) => {
    if (!isAnswer(message)) return;
    const taker = takers.get(message.endpoint);
    if (message.isYours) taker?.onTurn(message.port === 0 ? undefined : message.port);
    else taker?.onWait();
  });
  return takers;
}

/** Whether a message is an answer, and not one of the application. */
function isAnswer(message: unknown): message is TurnAnswer {
  const { naru, endpoint, isYours, port }: Partial<Record<keyof TurnAnswer, unknown>> = Object(message);
  return naru === 'turn' && typeof endpoint === 'string' && typeof isYours === 'boolean' && typeof port === 'number';
}

function ignore(): void {}
