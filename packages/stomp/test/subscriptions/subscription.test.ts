import { describe, expect, it } from 'vitest';
import { stompSettings } from '../../../../test/kit/clients/stomp-tester.js';
import { MessageForms } from '../../src/message-form.js';
import type { StompClient } from '../../src/stomp-client.js';
import type { QueueMessage } from '../../src/subscriptions/job-queue.js';
import { type AckMode, Subscription } from '../../src/subscriptions/subscription.js';
import { WorkQueues } from '../../src/subscriptions/work-queues.js';

const LIMITS = stompSettings({ queueMessagesMax: 9, queueBytesMax: 100, deliveriesMax: 3 });

function build(mode: AckMode) {
  const sent: string[] = [];
  const form = new MessageForms().take({ version: '1.2', destination: '/queue/q', id: 's', isAcked: mode !== 'auto' });
  const destination = { kind: 'queue', name: 'q', text: '/queue/q' } as const;
  const conn = {
    waiting: undefined as unknown,
    bufferedBytes: 0,
    isAwaitingSpace: false,
    transport: { writable: true },
  };
  const client = {
    send: ({ unit }: { unit: unknown }): void => void sent.push(String(unit)),
    entered: { client: { conn } },
    namespace: { lateBytesMax: 100 },
  } as unknown as StompClient;
  const subscription = new Subscription({ id: 's', destination, mode, form, unackedMax: 2, client });
  const queues = new WorkQueues('/', LIMITS);
  const queue = queues.subscribe('q', subscription);
  subscription.queue = queue;
  const put = (number: number): void => {
    const message: QueueMessage = {
      number,
      size: 1,
      body: { contentType: undefined, body: `m${number}` },
      headers: new Map(),
      deliveries: 0,
    };
    queues.put({ queue: 'q', message });
  };
  return { sent, subscription, queue, put, conn };
}

describe('Subscription', () => {
  it('holds unacknowledged messages, up to its limit', () => {
    const { sent, subscription, put } = build('client-individual');
    for (const number of [1, 2, 3]) put(number);
    expect([sent.length, subscription.heldCount, subscription.canTake]).toEqual([2, 2, false]);
    expect([subscription.holds(1), subscription.holds(3)]).toEqual([true, false]);
    subscription.settle(2, true);
    expect([sent.length, subscription.holds(2), subscription.holds(3)]).toEqual([3, false, true]);
  });

  it('returns all earlier messages in mode client, and marks repeated ones', () => {
    const { sent, subscription, queue, put } = build('client');
    for (const number of [1, 2]) put(number);
    subscription.settle(2, false);
    expect(sent).toHaveLength(4);
    expect(sent[2]).toContain('message-id:1-s\nack:1-s\nredelivered:true\n');
    subscription.end();
    expect([queue.count, subscription.heldCount]).toEqual([2, 0]);
  });

  it.each([
    ['client', 'what was delivered up to it', [7]],
    ['client-individual', 'one message', [3, 7]],
  ] as const)('takes by an ACK in mode %s %s', (mode, _what, left) => {
    const { subscription } = build(mode);
    for (const number of [3, 1, 7]) subscription.expect(number, `0000000000${number}`);
    subscription.settle(9, true);
    expect([subscription.heldCount, subscription.firstOwed]).toEqual([3, '00000000003']);
    subscription.settle(1, true);
    const held = [3, 1, 7].filter((number) => subscription.holds(number));
    expect([held, subscription.heldCount, subscription.firstOwed]).toEqual([left, left.length, `0000000000${left[0]}`]);
    subscription.end();
    expect([subscription.heldCount, subscription.firstOwed]).toEqual([0, undefined]);
  });

  it.each(['auto', 'client'] as const)('takes nothing in mode %s once it has stopped', (mode) => {
    const { sent, subscription, queue, put } = build(mode);
    subscription.stop();
    put(1);
    expect([subscription.canTake, sent, queue.count]).toEqual([false, [], 1]);
  });

  it('takes nothing in mode auto while too much waits for the client, and asks to hear of space', () => {
    const { subscription, conn } = build('auto');
    conn.bufferedBytes = 101;
    expect([subscription.canTake, conn.isAwaitingSpace]).toEqual([true, false]);
    conn.waiting = [];
    expect([subscription.canTake, conn.isAwaitingSpace]).toEqual([false, true]);
    conn.bufferedBytes = 100;
    expect(subscription.canTake).toBe(true);
  });

  it('holds nothing in mode auto', () => {
    const { sent, subscription, queue, put } = build('auto');
    put(1);
    expect([sent.length, subscription.isAuto, subscription.holds(1), queue.count]).toEqual([1, true, false, 0]);
  });
});
