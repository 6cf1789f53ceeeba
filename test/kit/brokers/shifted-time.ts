/**
 * Brokers whose time a test moves. A small library between the program and the kernel adds a shift to the time. It
 * needs Linux and a C compiler.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('shifted-time.c', import.meta.url));

/** Returns why the time of a broker cannot be moved here, with the command that helps; `undefined` when it can. */
export function whyNoShift(): string | undefined {
  if (process.platform !== 'linux') return 'the time of a broker can be moved only on Linux';
  return existsSync('/usr/bin/cc') ? undefined : 'no C compiler is installed here: apt-get install gcc libc6-dev';
}

/** The time of one broker. */
export interface ShiftedTime {
  /** The environment to start the broker in. */
  readonly env: Readonly<Record<string, string>>;
  /** Moves the time of the broker to so many milliseconds after the real time. */
  set(ms: number): void;
  close(): void;
}

/** Returns a time that begins at the real one. `folder` is for its file. */
export function shiftedTime(folder: string): ShiftedTime {
  const path = join(folder, 'shift');
  const file = openSync(path, 'w+');
  const bytes = Buffer.alloc(8);
  const set = (ms: number): void => {
    bytes.writeBigInt64LE(BigInt(Math.round(ms * 1_000)));
    writeSync(file, bytes, 0, 8, 0);
  };
  set(0);
  return { env: { LD_PRELOAD: library(), NARU_TIME_SHIFT: path }, set, close: () => closeSync(file) };
}

/** Returns the path of the library. It is compiled once on a machine. */
function library(): string {
  const name = `naru-shifted-time-${createHash('sha1').update(readFileSync(source)).digest('hex').slice(0, 12)}.so`;
  const path = join(tmpdir(), name);
  if (existsSync(path)) return path;
  const fresh = `${path}.${process.pid}`;
  const { status, stderr } = spawnSync('/usr/bin/cc', ['-shared', '-fPIC', '-O1', '-o', fresh, source]);
  if (status !== 0) throw new Error(`cc failed: ${stderr}`);
  // Two processes may compile it at once.
  renameSync(fresh, path);
  return path;
}
