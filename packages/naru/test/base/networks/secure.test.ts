import { execFileSync } from 'node:child_process';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { secure } from '../../../src/base/networks/secure.js';

// Whether importing the core loads them is shown with the built package: test/package.test.ts.
describe('secure', () => {
  it('has the modules of Node', () => {
    expect(secure.https.request).toBe(https.request);
    expect(secure.tls.connect).toBe(tls.connect);
  });

  it('is there in the oldest Node.js that Naru runs on', () => {
    const source = "console.log(typeof process.getBuiltinModule('node:tls').connect)";
    expect(execFileSync(process.execPath, ['-e', source], { encoding: 'utf8' })).toBe('function\n');
  });
});
