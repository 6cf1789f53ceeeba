import { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkParts } from '../../src/node-internals/start-check.js';

/** Replaces a part of Node until the test ends. */
function replace(prototype: object, name: string, value: unknown): void {
  const former = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Object.defineProperty(prototype, name, { ...former, value });
  onTestFinished(() => void Object.defineProperty(prototype, name, former));
}

describe('checkParts', () => {
  it('finds every part in Node, and leaves nothing open', () => {
    expect(checkParts()).toEqual({
      fastUpgrades: true,
      bareStreams: true,
      directWrites: true,
      ignoredUpgrades: true,
      sharedReads: true,
    });
    expect(process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap');
  });

  it('turns off bare streams if a connection stays with its response', () => {
    replace(ServerResponse.prototype, 'detachSocket', undefined);
    expect(checkParts()).toEqual({
      fastUpgrades: true,
      bareStreams: false,
      directWrites: true,
      ignoredUpgrades: true,
      sharedReads: true,
    });
  });

  it('turns off the reading of requests if a connection is read in another way', () => {
    replace(ServerResponse.prototype, 'assignSocket', () => {
      throw new RangeError('not here');
    });
    expect(checkParts()).toEqual({
      fastUpgrades: false,
      bareStreams: false,
      directWrites: true,
      ignoredUpgrades: false,
      sharedReads: false,
    });
  });

  it('turns off direct writes if sockets write in another way', () => {
    replace(Socket.prototype, '_writeGeneric', undefined);
    expect(checkParts()).toEqual({
      fastUpgrades: true,
      bareStreams: true,
      directWrites: false,
      ignoredUpgrades: true,
      sharedReads: true,
    });
  });
});
