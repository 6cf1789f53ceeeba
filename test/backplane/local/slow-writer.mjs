// Appends one record, and stays in its transaction for a while, of which it tells. Runs on the built package.
import { writeSync } from 'node:fs';
import { local } from 'naru/backplane/local';

const INSIDE_MS = 700;
let isAsked = false;
const clock = {
  // The age of records is looked at inside the transaction.
  now() {
    if (isAsked) {
      isAsked = false;
      writeSync(1, 'inside\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, INSIDE_MS);
    }
    return Date.now();
  },
  setTimeout: (callback, delayMs, argument) => setTimeout(callback, delayMs, argument),
  clearTimeout: (timer) => clearTimeout(timer),
  defer: (callback, argument) => setImmediate(callback, argument),
};
const { log } = local(process.argv[2], { clock });
isAsked = true;
log.append('/', [{ rooms: [], except: [], event: '["slow",0]', attachments: [], at: Date.now() }]);
process.stdin.resume();
