/** The servers whose metrics are read: four workers behind one address, or three nodes on one Redis. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Broker } from '../../kit/brokers/broker.mjs';
import { makeFolder } from '../../kit/folders.js';
import { fixedPort } from '../../kit/ports.mjs';
import { type Program, startNaru } from '../../kit/programs/naru.js';
import { Ledger } from './ledger.js';
import { startPrometheus } from './prometheus.js';

const APP = fileURLToPath(new URL('app.mjs', import.meta.url));

/** Servers that are measured. */
export interface Place {
  /** How many there are. */
  readonly nodes: number;
  readonly programs: readonly Program[];
  readonly ledger: Ledger;
  readonly broker: Broker | undefined;
  /** Returns the address for the client with a number. */
  url(at?: number): string;
  tcp(at?: number): string;
}

/** A program that serves the app. */
interface Serving {
  readonly program: Program;
  readonly url: string;
  readonly tcp: string;
  readonly target: string;
}

async function serve(...args: readonly string[]): Promise<Serving> {
  const [port, tcp, metrics] = [await fixedPort(), await fixedPort(), await fixedPort()];
  const listen = ['--port', `${port}`, '--host', '127.0.0.1', '--listen', `tcp://127.0.0.1:${tcp}`];
  const program = startNaru(['serve', APP, ...listen, '--metrics', `127.0.0.1:${metrics}`, ...args]);
  await program.waitFor(/Press Ctrl-C/);
  return { program, url: `http://127.0.0.1:${port}`, tcp: `tcp://127.0.0.1:${tcp}`, target: `127.0.0.1:${metrics}` };
}

async function placeOf(servings: readonly Serving[], nodes: number, broker?: Broker): Promise<Place> {
  const of = (at: number): Serving => servings[at % servings.length] as Serving;
  return {
    nodes,
    broker,
    programs: servings.map(({ program }) => program),
    ledger: new Ledger(await startPrometheus(servings.map(({ target }) => target))),
    url: (at = 0) => of(at).url,
    tcp: (at = 0) => of(at).tcp,
  };
}

/** Four workers with a log on the disk. */
export async function startWorkers(): Promise<Place> {
  return placeOf([await serve('--workers', '4', '--data', join(makeFolder({}), 'data'))], 4);
}

/** Three nodes on a Redis of their own. */
export async function startNodes(): Promise<Place> {
  const broker = new Broker('redis', join(makeFolder({}), 'redis'));
  onTestFinished(() => broker.kill());
  await broker.start();
  const address = ['--backplane', broker.url];
  return placeOf(await Promise.all([1, 2, 3].map(() => serve(...address))), 3, broker);
}
