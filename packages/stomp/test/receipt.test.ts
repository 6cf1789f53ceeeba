import { expect, it } from 'vitest';
import { Confirmations, Fences } from '../../naru/src/namespace/log/fences.js';
import type { NamespaceCore } from '../../naru/src/namespace/namespace-core.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { Receipt } from '../src/receipt.js';

function build(isRemote: boolean, isPatient = false) {
  const fences = new Fences(new FakeClock(), new Confirmations(isPatient, Number.POSITIVE_INFINITY, isRemote));
  const namespace = { fences, settle: () => undefined } as unknown as NamespaceCore;
  const told: string[] = [];
  const frame = { command: 'SEND', headers: new Map([['receipt', '7']]), body: new Uint8Array() } as const;
  const receipt = Receipt.of(frame, namespace);
  const ask = (): void =>
    receipt?.whenDue(
      () => told.push('sent'),
      ({ code, receipt: id }) => told.push(`${code} ${id}`),
    );
  return { fences, receipt, ask, told };
}

it('belongs to a frame with the header, and has its id', () => {
  const frame = { command: 'SEND', headers: new Map([['receipt', '1']]), body: new Uint8Array() } as const;
  expect(Receipt.of({ ...frame, headers: new Map() }, undefined)).toBeUndefined();
  const receipt = Receipt.of(frame, undefined);
  expect(String(receipt?.encode('1.2').unit)).toBe('RECEIPT\nreceipt-id:1\n\n\0');
});

it('is sent at once for a client without a namespace, and with a log that answers within the call', () => {
  const told: string[] = [];
  const frame = { command: 'SEND', headers: new Map([['receipt', '1']]), body: new Uint8Array() } as const;
  Receipt.of(frame, undefined)?.whenDue(
    () => told.push('sent'),
    () => told.push('refused'),
  );
  const local = build(false);
  local.ask();
  expect([told, local.told]).toEqual([['sent'], ['sent']]);
});

it('is sent after the events of its frame, also if the log has refused them', () => {
  const { fences, ask, told } = build(true);
  fences.begin().answer = 'refused';
  ask();
  expect(told).toEqual([]);
  fences.end();
  expect(told).toEqual(['sent']);
});

it('waits for the answers to the events with a key in its frame, and for no other events', () => {
  const { receipt, ask, told } = build(true);
  const reply = { headers: [] };
  expect(receipt?.await('order', undefined)).toBeUndefined();
  expect(receipt?.await('order', reply)).toBe(reply);
  const [one, two] = [receipt?.await('naru:once', undefined), receipt?.await('naru:once', reply)];
  one?.receipt?.onAnswer(['done']);
  ask();
  expect(told).toEqual([]);
  two?.receipt?.onAnswer([{ error: { code: 'BAD_KEY' } }]);
  expect(told).toEqual(['sent']);
});

it('is refused if the answer to an event with a key says that the log has refused it', () => {
  const { receipt, ask, told } = build(false);
  const reply = receipt?.await('naru:once', undefined);
  ask();
  reply?.receipt?.onAnswer([{ error: { code: 'UNCONFIRMED', message: 'no' } }]);
  expect(told).toEqual(['UNCONFIRMED 7']);
});

it.each([
  ['LIMITED', { code: 'LIMITED', message: 'no', retryAfter: 5 }, 'LIMITED 7'],
  ['LISTENER_FAILED', { code: 'LISTENER_FAILED', message: 'no' }, 'LISTENER_FAILED 7'],
  ['LIMITED of the application, which is remembered', { code: 'LIMITED', message: 'no' }, 'sent'],
  ['STALE_KEY', { code: 'STALE_KEY', message: 'no' }, 'sent'],
])('is refused exactly if the answer to an event with a key leaves the key free: %s', (_title, error, outcome) => {
  const { receipt, ask, told } = build(false);
  const reply = receipt?.await('naru:once', undefined);
  ask();
  reply?.receipt?.onAnswer([{ error }]);
  expect(told).toEqual([outcome]);
});

it('is refused if the log refuses the events of any frame, with `acknowledge: "kept"`', () => {
  const { fences, ask, told } = build(true, true);
  fences.begin().answer = 'refused';
  ask();
  fences.end();
  expect(told).toEqual(['UNCONFIRMED 7']);
});
