/** Connects to another node: to the Unix socket of a worker, or to the address of a node on any machine. */
import { connect, type Socket } from 'node:net';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { nodeModule } from '../../base/node/modules.js';
import type { LinkAddress } from '../options/links-options.js';
import { connectingOptions, type LinkKey } from './pre-shared-key.js';

/** The end of a link to another machine. */
export interface MachinePlace extends LinkAddress {
  /** The key that proves this end to the other. */
  readonly key: LinkKey;
}

/** The end of a link. A worker has the path of its Unix socket. */
export type LinkPlace = { readonly path: string } | MachinePlace;

/** Milliseconds between two attempts to connect to a worker that is too busy to accept more connections now. */
const AGAIN_MS = 20;
/** Attempts before a worker counts as gone. */
const ATTEMPTS_MAX = 100;
/**
 * Milliseconds in which another machine must answer and prove that it has the key, and the parts in which they are
 * counted.
 */
const PROOF_MS = 2_000;
const PROOF_PARTS = 4;
/** Milliseconds of silence after which the system asks whether the other machine is still there. */
export const SILENCE_MS = 10_000;

/** Called with the connection, or with the error if the node cannot be reached. */
export type Dialled = (error: Error | undefined, socket?: Socket) => void;

/** Connects to a node, and calls back once. */
export function dial(place: LinkPlace, clock: Clock, dialled: Dialled): void {
  if ('path' in place) dialWorker(place.path, clock, dialled, ATTEMPTS_MAX);
  else dialMachine(place, clock, dialled);
}

/**
 * Connects to the socket at a path. A worker that is busy for a moment refuses connections when many come at once, so
 * this tries again for two seconds. A socket that does not exist, or that nobody listens on, is an error at once.
 */
function dialWorker(path: string, clock: Clock, dialled: Dialled, attemptsLeft: number): void {
  const socket = connect(path);
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EAGAIN' || attemptsLeft <= 1) dialled(error);
    else unreferenced(clock.setTimeout(() => dialWorker(path, clock, dialled, attemptsLeft - 1), AGAIN_MS, undefined));
  };
  socket.once('error', onError);
  socket.once('connect', () => {
    socket.off('error', onError);
    dialled(undefined, socket);
  });
}

/**
 * Connects to another machine, which may be gone without a word. A standstill of this process counts as one part of the
 * time at most.
 */
function dialMachine({ host, port, key }: MachinePlace, clock: Clock, dialled: Dialled): void {
  const socket = nodeModule('tls').connect({ host, port, ...connectingOptions(key) });
  const wait = (partsLeft: number): Timer => unreferenced(clock.setTimeout(onPart, PROOF_MS / PROOF_PARTS, partsLeft));
  const onPart = (partsLeft: number): void => {
    if (partsLeft > 1) timer = wait(partsLeft - 1);
    else socket.destroy(new UnavailableError('TIMEOUT', `no answer in ${PROOF_MS} ms`));
  };
  let timer = wait(PROOF_PARTS);
  const onError = (error: Error): void => {
    clock.clearTimeout(timer);
    dialled(error);
  };
  socket.once('error', onError);
  socket.once('secureConnect', () => {
    clock.clearTimeout(timer);
    socket.off('error', onError);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, SILENCE_MS);
    dialled(undefined, socket);
  });
}
