import { expect, it } from 'vitest';
import { Control } from '../../../src/transport/udp/control.js';

it('puts as much into a body as fits, the number first, and the rest into the next', () => {
  const control = new Control({ repeat: () => undefined }, Uint8Array.of(1, 1));
  control.add(Uint8Array.of(2));
  control.add(new Uint8Array(1_164).fill(3));
  control.add(Uint8Array.of(4));
  expect(control.bytes).toBe(1_168);
  control.next(0x0102_0304);
  expect([...control.body.subarray(0, 7)]).toEqual([1, 2, 3, 4, 1, 1, 2]);
  expect([control.body.byteLength, control.hasMore]).toEqual([4 + 1_167, true]);
  control.next(5);
  expect([...control.body]).toEqual([0, 0, 0, 5, 4]);
  expect([control.hasMore, control.bytes]).toEqual([false, 5]);
});

it('tells its link when it is due', () => {
  const seen: Control[] = [];
  const control = new Control({ repeat: (each) => seen.push(each) }, Uint8Array.of(1));
  control.onRepeat();
  expect(seen).toEqual([control]);
});
