/** The common part of the tests of numbers in a log on the disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { decodeOffset, type Offset } from '../../naru/src/backplane/backplane.js';
import type { LocalBackplane } from '../src/local-backplane.js';

/** Creates a folder for one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-holes-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Makes a record of a number. */
export const record = (n: number, at: number) => ({ rooms: [], except: [], event: `["n",${n}]`, attachments: [], at });
export const numberOf = (offset: Offset | undefined): number => decodeOffset(offset) ?? Number.NaN;

/** Appends numbers to `/`, and returns their offsets. */
export function append({ log }: LocalBackplane, numbers: readonly number[], at: number): readonly Offset[] {
  return log.append(
    '/',
    numbers.map((n) => record(n, at)),
  ).offsets;
}

/** Returns the numbers after an offset, and whether a gap is reported. */
export function behind({ log }: LocalBackplane, after: Offset, limit = 1_000): [numbers: number[], hasGap: boolean] {
  const { records, hasGap } = log.read('/', after, limit);
  return [records.map(({ event }) => JSON.parse(event)[1]), hasGap];
}
