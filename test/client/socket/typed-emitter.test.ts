import { expect, test } from 'vitest';
import { listen, TypedPublicEmitter } from '../../../src/client/socket/typed-emitter.js';

class Source extends TypedPublicEmitter<{ a: (value: number) => void }> {}

test('emits from outside, and listen() gives what removes the listener', () => {
  const source = new Source();
  const got: number[] = [];
  const stop = listen(source, 'a', (value) => got.push(value));
  source.emit('a', 1);
  stop();
  source.emit('a', 2);
  expect(got).toEqual([1]);
});
