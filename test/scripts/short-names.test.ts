import { expect, it } from 'vitest';
import { clientEngineTable } from '../../packages/naru/src/client/engine/options.js';
import { clientTable } from '../../packages/naru/src/client/socket/check-options.js';
import { mangleProps, privateNames, shortNames } from '../../scripts/build/short-names.mjs';

it('gives different short names to the private names of one object', () => {
  // A Polling is a Transport and an emitter, and a Socket is an emitter with lists of other listeners.
  for (const names of [
    ['entries', 'remove', 'aborts', 'onIdle', 'poll', 'toBinaryType'],
    ['entries', 'add', 'incoming', 'outgoing', 'flags', 'pid', 'emit', 'onClose'],
  ]) {
    const short = names.map((name) => shortNames[`$${name}`]);
    expect(new Set(short).size).toBe(names.length);
    // Pages set properties of their own on such objects, and extend these classes.
    expect(short.every((name) => /^[A-Z]$/.test(name ?? ''))).toBe(true);
  }
});

it('gives one letter to the private names of objects that pages leave alone', () => {
  const names = ['platform', 'trials', 'expiresAt', 'heldOffMs', 'canSend', 'slots'];
  expect(names.filter((name) => !/^[a-z]$/.test(shortNames[`$${name}`] ?? ''))).toEqual([]);
});

it('gives other names to what the emitter has than to what extends it', () => {
  const emitter = ['$entries', '$add', '$remove', 'applyLocal'];
  for (const own of [
    ['notifyAny', 'onpacket', '$flags', '$deliver'],
    ['setTransport', 'hasPingExpired', '$trials'],
    ['holdOff', 'release', 'toUnits', '$cleanUp'],
    ['address', 'labels', 'onStream', '$aborts'],
  ]) {
    const short = [...emitter, ...own].map((name) => shortNames[name]);
    expect(new Set(short).size).toBe(short.length);
  }
});

it('leaves alone what pages use: options, and the names of Socket.IO with an underscore', () => {
  const options = [clientTable, clientEngineTable].flatMap((table) => Object.keys(table.entries));
  expect(options).toContain('bufferCountMax');
  expect(options.filter((name) => name in shortNames)).toEqual([]);
  expect(Object.values(shortNames).filter((name) => ['_queue', '_close', '_placeholder'].includes(name))).toEqual([]);
});

it('gives a part that is loaded on demand the short names of private names only', () => {
  expect('$owner'.match(mangleProps(true).include)).not.toBe(null);
  expect('applyLocal'.match(mangleProps(true).include)).toBe(null);
  expect('applyLocal'.match(mangleProps(false).include)).not.toBe(null);
});

it('makes properties of private names, and refuses a test for one', () => {
  const { handler } = privateNames.transform;
  expect(handler('class A { #a = 1; b() { return this.#a } }', '/src/client/a.ts')?.code).toBe(
    'class A { $a = 1; b() { return this.$a } }',
  );
  expect(() => handler('class A { #a; b(c) { return #a in c } }', '/src/client/a.ts')).toThrow('has no form');
});
