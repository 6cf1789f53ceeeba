/** The program `naru`, from its arguments to its exit code. */
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { relative } from 'node:path';
import { ConfigError } from '../base/errors.js';
import { Server } from '../server/api/index.js';
import { listEndpoints, listUrls } from './addresses.js';
import { findApp } from './app.js';
import { type Command, readArguments, usage } from './arguments.js';
import { connectTo } from './connect/connect.js';
import type { Trust } from './connect/wires/wire-client.js';
import { chooseData, openData, RETENTION } from './data-folder.js';
import { describeFailure, type Place } from './failure.js';
import { type Serving, type Surroundings, serve } from './serve.js';
import { closeTimeMsMax, endOnSignal } from './signals.js';

/** Runs the program with the arguments after its name; resolves when it serves, or has nothing more to do. */
export async function run(args: readonly string[]): Promise<void> {
  const command = readArguments(args, process.env);
  if (command.type === 'help') print(usage);
  else if (command.type === 'version') print(`${readVersion()}\n`);
  else if (command.type === 'mistake') fail(`${command.message}; see naru --help`);
  else if (command.type === 'connect') await visit(command);
  else if (command.type === 'log') await lookInto(command);
  else await runApp(command);
}

async function visit(command: Extract<Command, { type: 'connect' }>): Promise<void> {
  const { stdin: input, stdout: output, env } = process;
  const { url, auth, transports, showsWire } = command;
  const leaving = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => leaving.abort());
  try {
    const options = { auth, transports, trust: readTrust(command), showsWire };
    process.exitCode = await connectTo(url, options, { input, output, env }, leaving.signal);
  } catch (error) {
    const line = describeFailure(error, { host: undefined, port: 0 });
    if (line === undefined) report(error);
    else fail(line);
    process.exitCode = 1;
  }
  // The terminal is read no more, and what a server keeps open keeps nobody.
  input.unref?.();
  setTimeout(() => process.exit(), closeTimeMsMax).unref();
}

function readTrust({ ca, isInsecure }: Extract<Command, { type: 'connect' }>): Trust {
  if (isInsecure) return { rejectUnauthorized: false };
  if (ca === undefined) return {};
  try {
    return { ca: readFileSync(ca) };
  } catch (error) {
    throw new ConfigError('BAD_ARGUMENT', `--ca cannot be read: ${(error as Error).message}`);
  }
}

async function lookInto(command: Extract<Command, { type: 'log' }>): Promise<void> {
  try {
    // Only here, because it is native: where it does not load, all else works.
    const { runLog } = await import('./log/log.js');
    process.exitCode = await runLog(command, print);
  } catch (error) {
    const line = describeFailure(error, { host: undefined, port: 0 });
    if (line === undefined) report(error);
    else fail(line);
    process.exitCode = 1;
  }
}

async function runApp(command: Extract<Command, { type: 'serve' }>): Promise<void> {
  const place: Place = { host: command.host, port: command.port };
  let app: ReturnType<typeof findApp>;
  let serving: Serving;
  try {
    app = findApp(command.app);
    const choice = chooseData(command.data, app);
    const surroundings: Surroundings = {
      env: process.env,
      log: (line) => print(`${line}\n`),
      report,
      attach: (http, options) => new Server(http, options),
      openData: (retention) =>
        openData(choice, { ...RETENTION, ...retention }, (line) => process.stderr.write(`naru: ${line}\n`)),
    };
    serving = await serve(app, place, surroundings, command.listen);
  } catch (error) {
    const line = describeFailure(error, place);
    if (line === undefined) report(error);
    else fail(line);
    // Whatever a half-started app keeps open must not keep the program.
    process.exit(1);
  }
  endOnSignal(process, (isGentle) => serving.close(isGentle), report);
  const urls = [...listUrls(serving.address, networkInterfaces()), ...listEndpoints(serving.endpoints)];
  const kept = describeData(serving.data);
  print(
    `Naru ${readVersion()} serves ${app.name} at\n${urls.map((url) => `  ${url}\n`).join('')}${kept}Press Ctrl-C to end it.\n`,
  );
}

/** The line that says where the log is, if there is one. */
function describeData(data: Serving['data']): string {
  if (!data) return '';
  const { folder } = data;
  return folder === undefined ? 'Its log is in memory.\n' : `Its log is in ${relative('', folder) || folder}\n`;
}

/** An error of a running app: its one line if it has one, and its stack trace otherwise. The program goes on. */
function report(error: unknown): void {
  const line = describeFailure(error, { host: undefined, port: 0 });
  if (line !== undefined) process.stderr.write(`naru: ${line}\n`);
  else process.stderr.write(`naru: ${error instanceof Error ? error.stack : String(error)}\n`);
}

function fail(line: string): void {
  process.stderr.write(`naru: ${line}\n`);
  process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(text);
}

/** The version of the package that this file is in: its package.json is two or three folders up. */
function readVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const file = new URL(up, import.meta.url);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}
