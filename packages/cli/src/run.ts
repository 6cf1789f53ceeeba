/** The program `naru`, from its arguments to its exit code. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { relative } from 'node:path';
import { closeTimeMsMax, cluster, endOnSignal } from 'naru/cluster';
import { readVersion } from 'naru/wire';
import { listEndpoints, listUrls } from './addresses.js';
import { findApp } from './app.js';
import { readArguments, usage } from './arguments.js';
import type { Command } from './command.js';
import type { Trust } from './connect/wires/wire-client.js';
import { chooseData, openData, RETENTION } from './data-folder.js';
import { badArgument, describeFailure, type Place } from './failure.js';
import type { Measuring } from './metrics/metrics-endpoint.js';
import { watchNpm } from './npm.js';
import { type Serving, type Surroundings, serve } from './serve.js';

/** The place of an error that has nothing to do with listening. */
const NOWHERE: Place = { host: undefined, port: 0 };

/**
 * Runs the program with the arguments after its name. Resolves when the app is being served, or when nothing is left to
 * do.
 */
export async function run(args: readonly string[]): Promise<void> {
  const command = readArguments(args, process.env);
  // The reader of the output may have gone, as `head` does. A server goes on without one.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    if (command.type === 'help') print(usage);
    else if (command.type === 'version') print(`${readVersion()}\n`);
    else if (command.type === 'mistake') throw badArgument(`${command.message}; see naru --help`);
    else if (command.type === 'connect') await visit(command);
    else if (command.type === 'serve') await runApp(command);
    // Each command loads its own modules, because a worker should not take the time to load those of the others.
    else if (command.type === 'publish') await (await import('./publish.js')).runPublish(command);
    else if (command.type === 'explain') await (await import('./asking/explain.js')).runExplain(command, print);
    else process.exitCode = await (await import('./log.js')).runLog(command, print);
  } catch (error) {
    report(error, command.type === 'serve' ? command : NOWHERE);
    // A half-started app may hold resources open, which must not keep the program running.
    if (command.type === 'serve') process.exit(1);
    process.exitCode = 1;
  }
}

async function visit(command: Extract<Command, { type: 'connect' }>): Promise<void> {
  const { stdin: input, stdout: output, env } = process;
  const { url, auth, transports, showsWire } = command;
  const { connectTo } = await import('./connect/connect.js');
  const leaving = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => leaving.abort());
  const options = { auth, transports, trust: readTrust(command), showsWire };
  process.exitCode = await connectTo(url, options, { input, output, env }, leaving.signal);
  // Neither the terminal nor a connection that the server keeps open may delay the exit.
  input.unref?.();
  setTimeout(() => process.exit(), closeTimeMsMax).unref();
}

function readTrust({ ca, isInsecure }: Extract<Command, { type: 'connect' }>): Trust {
  if (isInsecure) return { rejectUnauthorized: false };
  if (ca === undefined) return {};
  try {
    return { ca: readFileSync(ca) };
  } catch (error) {
    throw badArgument(`--ca cannot be read: ${(error as Error).message}`);
  }
}

async function runApp(command: Extract<Command, { type: 'serve' }>): Promise<void> {
  const app = findApp(command.app);
  const choice = chooseData(command.data, app, command.backplane);
  const measuring = await measuringFor(command);
  const surroundings: Surroundings = {
    env: process.env,
    log: (line) => print(`${line}\n`),
    report: (error) => report(error),
    links: command.links,
    measure: measuring && ((io) => measuring.measure(io)),
    openData: (retention) => openData(choice, { ...RETENTION, ...retention }, warn),
  };
  const start = () => serve(app, command, surroundings, command.listen);
  watchNpm(process.env, () => process.kill(process.pid, 'SIGTERM'));
  const { metrics: place } = command;
  const openMetrics = async (): Promise<void> => {
    const address = place && (await measuring?.open(place, report));
    if (address) print(describeMetrics(address));
  };
  if (command.workers !== undefined) {
    await openMetrics();
    await runWorkers(command.workers, app.name, start);
    return;
  }
  const serving = await start();
  await openMetrics();
  endOnSignal(process, (isGentle) => serving.close(isGentle), report);
  print(`${describe(app.name, serving)}Press Ctrl-C to end it.\n`);
}

/** Returns what measures the app, if it is asked for. Its modules are loaded only then. */
async function measuringFor({ metrics, workers }: Extract<Command, { type: 'serve' }>): Promise<Measuring | undefined> {
  if (!metrics) return undefined;
  const { measureServer, measureWorkers } = await import('./metrics/metrics-endpoint.js');
  return workers === undefined ? measureServer() : measureWorkers();
}

/** Serves an app in several workers. The primary prints what the first of them says. */
async function runWorkers(workers: number | 'auto', name: string, start: () => Promise<Serving>): Promise<void> {
  const startWorker = async () => {
    const serving = await start();
    return { io: serving.io, close: (isGentle: boolean) => serving.close(isGentle), report: describe(name, serving) };
  };
  const {
    isPrimary,
    report: text,
    count,
  } = await cluster({ workers }, startWorker, {
    onWorkerEnd: warn,
    onReload: (line) => print(`Reload: ${line}.\n`),
    onError: report,
  });
  if (!isPrimary) return;
  const { pid, stdin, stdout } = process;
  // In a terminal, this signal ends the program.
  const hint = stdin.isTTY || stdout.isTTY ? '' : `SIGHUP to process ${pid} reloads them.\n`;
  print(`${text}It has ${count} ${count === 1 ? 'worker' : 'workers'}.\n${hint}Press Ctrl-C to end it.\n`);
}

/** Returns the lines that say where an app is served. */
function describe(name: string, { address, endpoints, data }: Serving): string {
  const urls = [...listUrls(address, networkInterfaces()), ...listEndpoints(endpoints)];
  return `Naru ${readVersion()} serves ${name} at\n${urls.map((url) => `  ${url}\n`).join('')}${describeData(data)}`;
}

/** Returns the line that says where the numbers are. */
function describeMetrics({ address, family, port }: AddressInfo): string {
  return `Its metrics are at http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics\n`;
}

/** Returns the line that says where the log is; empty without a log. */
function describeData(data: Serving['data']): string {
  if (!data) return '';
  const { folder, address } = data;
  if (address !== undefined) return `Its log is in ${address}\n`;
  return folder === undefined ? 'Its log is in memory.\n' : `Its log is in ${relative('', folder) || folder}\n`;
}

/** Writes an error as one line when it can be explained in one, and otherwise as a stack trace. */
function report(error: unknown, place: Place = NOWHERE): void {
  warn(describeFailure(error, place) ?? String(error instanceof Error ? error.stack : error));
}

function warn(line: string): void {
  process.stderr.write(`naru: ${line}\n`);
}

function print(text: string): void {
  process.stdout.write(text);
}
