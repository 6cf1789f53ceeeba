// Appends numbers to a log until it is killed, and prints each confirmed one. Runs on the built package.
import { writeSync } from 'node:fs';
import { local } from '@naru/local';

const [, , folder, name] = process.argv;
const { log } = local(String(folder));
for (let n = 0; n < 100_000; n += 1) {
  log.append('/', [{ rooms: [], except: [], event: JSON.stringify([name, n]), attachments: [], at: Date.now() }]);
  writeSync(1, `${n}\n`);
}
