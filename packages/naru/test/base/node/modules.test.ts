import { execFileSync } from 'node:child_process';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isClusterWorker, nodeModule } from '../../../src/base/node/modules.js';

// Whether importing the core loads them is shown with the built package: test/package.test.ts.
describe('nodeModule', () => {
  it('has the modules of Node', () => {
    expect(nodeModule('https').request).toBe(https.request);
    expect(nodeModule('tls').connect).toBe(tls.connect);
  });

  it('returns the same module each time', () => {
    expect(nodeModule('zlib')).toBe(nodeModule('zlib'));
  });

  it('is there in the oldest Node.js that Naru runs on', () => {
    const source = "console.log(typeof process.getBuiltinModule('node:tls').connect)";
    expect(execFileSync(process.execPath, ['-e', source], { encoding: 'utf8' })).toBe('function\n');
  });
});

it('tells a process from a worker of a cluster', () => {
  expect(isClusterWorker()).toBe(false);
});
