import { describe, expect, it } from 'vitest';
import { stompSettings } from '../../../test/kit/clients/stomp-tester.js';
import { Transactions } from '../src/transactions.js';

const LIMITS = stompSettings({ transactionsMax: 2, transactionFramesMax: 3, transactionBytesMax: 1_000 });
const frame = (size = 1) => ({ command: 'SEND', headers: new Map([['a', 'b']]), body: new Uint8Array(size) });

describe('Transactions', () => {
  it('return the frames of each in their order', () => {
    const transactions = new Transactions(LIMITS);
    transactions.begin('1');
    transactions.begin('2');
    const [a, b, c] = [frame(), frame(), frame()];
    transactions.add('1', a);
    transactions.add('2', b);
    transactions.add('1', c);
    expect(transactions.count).toBe(2);
    expect(transactions.end('1')).toEqual([a, c]);
    expect(transactions.end('2')).toEqual([b]);
    expect(transactions.count).toBe(0);
  });

  it('must begin, and only once', () => {
    const transactions = new Transactions(LIMITS);
    transactions.begin('1');
    expect(() => transactions.begin('1')).toThrow('the transaction "1" has already begun');
    expect(() => transactions.add('2', frame())).toThrow('the transaction "2" was not begun');
    transactions.end('1');
    expect(() => transactions.end('1')).toThrow('was not begun');
  });

  it('are limited together, and free their frames at their end', () => {
    const transactions = new Transactions(LIMITS);
    transactions.begin('1');
    transactions.begin('2');
    expect(() => transactions.begin('3')).toThrow('more than 2 transactions are open');
    transactions.add('1', frame(700));
    expect(() => transactions.add('2', frame(100))).toThrow('more than 1000 bytes are in transactions');
    transactions.end('1');
    for (let count = 0; count < 3; count += 1) transactions.add('2', frame());
    expect(() => transactions.add('2', frame())).toThrow('more than 3 frames are in transactions');
  });
});
