/** Runs one program on all cores: a primary process, and workers that share its ports. */
import type { SendHandle } from 'node:child_process';
import nodeCluster, { type Worker } from 'node:cluster';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { systemClock } from '../base/clock.js';
import { ConfigError } from '../base/errors.js';
import { readOptions } from '../base/options/table.js';
import { forgetAtExit } from '../node-internals/shared-port.js';
import { WORKER_FOLDER } from '../server/endpoints/endpoint-lock.js';
import { linkPath } from '../server/links/link-server.js';
import { printTaps } from '../taps/debug.js';
import { workerChanged } from '../taps/taps.js';
import { refuseRaw } from './hand-over.js';
import { makeLinkFolder } from './link-folder.js';
import { type ClusterOptions, clusterTable } from './options.js';
import { type Child, Primary, type PrimaryContext } from './primary.js';
import { endOnSignal } from './signals.js';
import { type Channel, runWorker, type StartWorker } from './worker.js';

/** The workers of this program, as `cluster` resolves with them. */
export interface Cluster {
  /** Whether this process is the primary. The others are workers. */
  readonly isPrimary: boolean;
  /** The number of workers. */
  readonly count: number;
  /** In the primary, what the first worker reported. */
  readonly report: unknown;
  /**
   * Replaces the workers, from the primary, so that they run the code that is on the disk now. Each client moves once
   * at most. Begins anew if they are being replaced already. SIGHUP does the same. Resolves when the former workers
   * have ended, or when the new code could not start.
   */
  reload(): Promise<void>;
  /** Ends all workers, from the primary. Resolves when they have ended. */
  close(isGentle?: boolean): Promise<void>;
}

/** Details for programs that explain errors in their own way. */
export interface ClusterReports {
  /** Told when a worker has ended and is replaced. @default a warning of the process */
  onWorkerEnd?(line: string): void;
  /**
   * Told what a reload does, line by line: which worker starts, which sends its clients away, and when it is
   * done. @default nothing
   */
  onReload?(line: string): void;
  /** Told why an application could not close. @default standard error */
  onError?(error: unknown): void;
}

/**
 * Runs `start` in several worker processes, which share the ports that they listen on. The program that calls this runs
 * once more for each worker. In the primary, the promise resolves when all workers take traffic, and rejects with
 * UnavailableError when one cannot start, or when all have to end before. In a worker, it resolves when that worker
 * takes traffic. A worker that ends is replaced. SIGTERM and SIGINT to the primary end all of them. SIGHUP replaces
 * them. Throws ConfigError for invalid options.
 */
export async function cluster(
  given: ClusterOptions,
  start: StartWorker,
  { onWorkerEnd = warn, onReload = () => undefined, onError = console.error }: ClusterReports = {},
): Promise<Cluster> {
  const { workers } = readOptions(clusterTable, given);
  const count = workers === 'auto' ? availableParallelism() : workers;
  const folder = process.env[WORKER_FOLDER];
  if (!nodeCluster.isPrimary && folder !== undefined) {
    // Otherwise Node ends a worker at once when its primary dies.
    nodeCluster.worker?.once('disconnect', () =>
      Object.assign(nodeCluster.worker ?? {}, { exitedAfterDisconnect: true }),
    );
    // When the primary dies, the messages to it fail. `disconnect` follows, and then the worker ends in order.
    nodeCluster.worker?.on('error', () => undefined);
    await runWorker(start, { folder, count }, process as Channel, onError);
    return { isPrimary: false, count, report: undefined, reload: async () => undefined, close: async () => undefined };
  }
  const primary = startPrimary(count, { report: onWorkerEnd, onReload });
  const close = (isGentle = false): Promise<void> => primary.stop(isGentle);
  // The end of a terminal ends the program. Without a terminal, this signal is a request of the operator.
  const isInTerminal = process.stdin.isTTY || process.stdout.isTTY;
  endOnSignal(process, close, onError, isInTerminal ? undefined : ['SIGINT', 'SIGTERM']);
  if (!isInTerminal) process.on('SIGHUP', () => void primary.reload());
  return { isPrimary: true, count, report: await primary.start(), reload: () => primary.reload(), close };
}

function startPrimary(count: number, { report, onReload }: Pick<PrimaryContext, 'report' | 'onReload'>): Primary {
  printTaps();
  if (!nodeCluster.isPrimary)
    throw new ConfigError(
      'WRONG_STATE',
      'cluster() cannot start workers in a worker; start the program with node itself',
    );
  if (process.platform === 'win32')
    throw new ConfigError('WRONG_STATE', 'cluster() needs Unix sockets, which Node does not have on Windows');
  const folder = makeLinkFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  nodeCluster.schedulingPolicy = nodeCluster.SCHED_NONE;
  return new Primary({
    clock: systemClock,
    count,
    fork: () => {
      const worker = nodeCluster.fork({ [WORKER_FOLDER]: folder });
      forgetAtExit(worker.process);
      return childOf(worker);
    },
    // A worker that was killed has left its socket.
    forget: (node) => rmSync(linkPath(folder, node), { force: true }),
    refuse: refuseRaw,
    report: told(report),
    onReload: told(onReload),
  });
}

/** Tells the tap of what a function gets. */
function told(report: (line: string) => void): (line: string) => void {
  return (what) => {
    if (workerChanged.hasSubscribers) workerChanged.publish({ what });
    report(what);
  };
}

/** Returns a worker as the primary needs it. */
function childOf(worker: Worker): Child {
  return {
    process: worker.process,
    // Node takes raw connections, which its types do not know.
    send: (message, connection, sent) => worker.send(message, connection as object as SendHandle, sent),
    on: worker.on.bind(worker) as Child['on'],
  };
}

function warn(line: string): void {
  process.emitWarning(line, { code: 'NARU_WORKER_ENDED' });
}
