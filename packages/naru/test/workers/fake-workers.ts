// A primary whose workers have no processes, for the tests of the primary.

import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { RawConnection } from '../../src/node-internals/raw-connection.js';
import type { PrimaryMessage } from '../../src/workers/messages.js';
import { type Child, Primary } from '../../src/workers/primary.js';

/** A worker without a process. */
export class FakeChild implements Child {
  readonly sent: PrimaryMessage[] = [];
  readonly kills: string[] = [];
  readonly connections: { connection: unknown; sent: ((error: Error | null) => void) | undefined }[] = [];
  readonly process: Child['process'];
  readonly #listeners = new Map<string, (...args: never[]) => void>();

  constructor(pid: number) {
    this.process = { pid, kill: (signal: string) => this.kills.push(signal) };
  }

  send(message: PrimaryMessage, connection?: unknown, sent?: (error: Error | null) => void): void {
    this.sent.push(message);
    if (connection) this.connections.push({ connection, sent });
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(event, listener);
  }

  tell(event: string, ...args: unknown[]): void {
    (this.#listeners.get(event) as ((...all: unknown[]) => void) | undefined)?.(...args);
  }

  ready(node = `node-${this.process.pid}`): void {
    this.tell('message', { naru: 'ready', node, report: `report of ${this.process.pid}` });
  }
}

/** Returns a primary without processes. */
export function makePrimary(count = 3) {
  const clock = new FakeClock();
  const children: FakeChild[] = [];
  const reports: string[] = [];
  const reloads: string[] = [];
  const forgotten: string[] = [];
  const refused: unknown[] = [];
  const fork = (): FakeChild => {
    const child = new FakeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const primary = new Primary({
    clock,
    count,
    fork,
    forget: (node) => forgotten.push(node),
    refuse: (connection) => refused.push(connection),
    report: (line) => reports.push(line),
    onReload: (line) => reloads.push(line),
  });
  const childAt = (at: number): FakeChild => children[at] as FakeChild;
  return { primary, clock, children, childAt, reports, reloads, forgotten, refused };
}

/** A connection that notes whether it was closed. */
export function makeConnection() {
  const connection = { isClosed: false, close: () => undefined as unknown };
  connection.close = () => {
    connection.isClosed = true;
  };
  return connection as RawConnection & { isClosed: boolean };
}

/** Returns a primary whose workers are all ready. */
export async function startPrimary(count = 3) {
  const made = makePrimary(count);
  const started = made.primary.start();
  made.childAt(0).ready();
  await made.clock.settle();
  for (const child of made.children.slice(1)) child.ready();
  return { ...made, report: await started };
}
