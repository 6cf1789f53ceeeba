// Opens logs one after the other, like a program that is reloaded, and reports the events that it could not store or
// read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '@naru/local';

const failures = [];
for (const [size, openings] of [
  [1_000_000, 6],
  [300_000, 2],
  [2_000_000, 2],
]) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-reopened-'));
  const event = `["n","${'x'.repeat(size)}"]`;
  for (let opening = 0; opening < openings; opening += 1) {
    const backplane = local(folder, { bytes: 300_000_000 });
    for (let time = 0; time < 20; time += 1) {
      try {
        backplane.log.append('/', [{ rooms: [], except: [], event, attachments: [], at: Date.now() }]);
        const [newest] = backplane.log.readBack('/', undefined, 1).records;
        if (newest?.event !== event) failures.push([size, opening, time, 'read']);
      } catch (error) {
        failures.push([size, opening, time, error.message]);
      }
    }
    await backplane.close();
  }
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify(failures));
