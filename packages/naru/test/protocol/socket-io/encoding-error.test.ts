import { expect, test } from 'vitest';
import { encodePacket } from '../../../src/client/socket/packet-codec.js';
import { ACK, CONNECT, EVENT } from '../../../src/protocol/socket-io/packet-type.js';

const messageOf = (data: unknown, type: number = EVENT): string => {
  try {
    encodePacket({ type, nsp: '/', data });
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError', code: 'NOT_ENCODABLE' });
    return (error as Error).message;
  }
  return 'encoded';
};

interface Customer {
  readonly name: string;
  orders?: unknown[];
}

test('names both places of data that contains itself', () => {
  const customer: Customer = { name: 'Ann' };
  customer.orders = [{ id: 1 }, { id: 2, customer }];
  expect(messageOf(['order', 'new', { customer }])).toBe(
    'the event "order" cannot be sent: args[1].customer.orders[1].customer is args[1].customer again, so the data contains itself',
  );
});

test('names the place of a value that JSON cannot hold', () => {
  expect(messageOf(['pay', { cents: [1, 2n] }])).toBe(
    'the event "pay" cannot be sent: args[0].cents[1] is a BigInt, which JSON cannot hold',
  );
  expect(messageOf([{ value: 1n }], ACK)).toBe(
    'the answer cannot be sent: answer[0].value is a BigInt, which JSON cannot hold',
  );
  expect(messageOf({ token: 1n }, CONNECT)).toBe(
    'the auth data cannot be sent: auth.token is a BigInt, which JSON cannot hold',
  );
});

test('accepts an object in several places, but not inside itself', () => {
  const shared = { bytes: new Uint8Array(1) };
  expect(messageOf(['x', shared, [shared, { shared }]])).toBe('encoded');
  expect(messageOf(['x', shared, { again: shared, cents: 1n }])).toContain('args[1].cents is a BigInt');
});

test('passes on an error of toJSON, and checks the result of toJSON', () => {
  const broken = { toJSON: () => Number('1').toFixed(1_000) };
  expect(messageOf(['x', broken])).toMatch(/^the event "x" cannot be sent: /);
  expect(messageOf(['x', { money: { toJSON: () => ({ cents: 1n }) } }])).toContain('args[0].money.cents is a BigInt');
});

test('reports data that is too deep for the runtime', () => {
  let deep: unknown = [];
  for (let level = 0; level < 200_000; level += 1) deep = [deep];
  expect(messageOf(['x', deep])).toBe('the event "x" cannot be sent: it is nested too deeply');
});
