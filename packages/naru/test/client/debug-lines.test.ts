import { expect, it } from 'vitest';
import { Emitter } from '../../src/base/emitter.js';
import { type WatchedManager, watch } from '../../src/client/debug-lines.js';

class Engine extends Emitter {
  transport = { name: 'polling' };
}

/** A Manager that emits what the test says, and the lines about it. */
class Probe extends Emitter {
  readonly engine = new Engine();
  readonly lines: string[] = [];

  constructor() {
    super();
    watch(this as object as WatchedManager, (line) => this.lines.push(line));
  }

  say(name: string, ...args: unknown[]): void {
    this.applyLocal(name, args);
  }
}

it('tells of a connection from its opening to its end', () => {
  const probe = new Probe();
  probe.say('open');
  probe.say('close', 'transport error', { description: 'network connection lost' });
  probe.say('reconnect_attempt', 3);
  probe.say('error', new Error('xhr poll error'));
  probe.say('reconnect_failed');
  expect(probe.lines).toEqual([
    'naru client.opened transport=polling',
    'naru client.closed reason="transport error" detail="network connection lost"',
    'naru client.tries-again attempt=3',
    'naru client.failed detail="xhr poll error"',
    'naru client.gave-up',
  ]);
});

it('tells of sockets and the names of events, and of nothing that an event says', () => {
  const probe = new Probe();
  probe.say('packet', { type: 0, nsp: '/chat', data: { sid: 'abc', pid: 'secret' } });
  probe.say('packet', { type: 2, nsp: '/chat', data: ['said', 'secret', { token: 'secret' }] });
  probe.say('packet', { type: 5, nsp: '/chat', data: ['bytes', new Uint8Array(3)] });
  probe.say('packet', { type: 4, nsp: '/typo', data: { message: 'Invalid namespace' } });
  probe.say('packet', { type: 1, nsp: '/chat' });
  probe.say('packet', { type: 3, nsp: '/chat', id: 1, data: ['secret'] });
  expect(probe.lines).toEqual([
    'naru client.joined namespace=/chat socket=abc',
    'naru client.event namespace=/chat event=said',
    'naru client.event namespace=/chat event=bytes',
    'naru client.refused namespace=/typo message="Invalid namespace"',
    'naru client.disconnected namespace=/chat',
  ]);
});

it('keeps a line on one line, and short, whatever the server sends', () => {
  const probe = new Probe();
  probe.say('packet', { type: 2, nsp: '/', data: [`a\nb\u001b[31m\u009b2J\u2028${'x'.repeat(10_000)}`] });
  expect(probe.lines).toHaveLength(1);
  expect(probe.lines[0]).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(probe.lines[0]?.length).toBeLessThan(400);
});

it('shows no query of an address, which has tokens and the sid', () => {
  const probe = new Probe();
  const address = 'https://127.0.0.1:99999/socket.io/?token=secret&EIO=4&sid=secret';
  probe.say('error', new Error(`webtransport error: The URL '${address}' is invalid.`));
  probe.say('error', new Error(`Cannot open an EventSource to ${address}. The URL is invalid. Why?`));
  probe.say('error', new Error("no answer from ws://me:secret@localhost/?a=it's&token=secret#secret"));
  probe.say('packet', { type: 4, nsp: '/chat?token=secret', data: { message: 'no' } });
  expect(probe.lines).toEqual([
    `naru client.failed detail="webtransport error: The URL 'https://127.0.0.1:99999/socket.io/?...' is invalid."`,
    'naru client.failed detail="Cannot open an EventSource to https://127.0.0.1:99999/socket.io/?... The URL is invalid. Why?"',
    'naru client.failed detail="no answer from ws://...@localhost/?..."',
    'naru client.refused namespace="/chat?..." message=no',
  ]);
});

it('shows no object that a server sends in place of a text', () => {
  const probe = new Probe();
  probe.say('packet', { type: 4, nsp: '/', data: { token: 'secret' } });
  probe.say('packet', { type: 4, nsp: '/', data: { message: { token: 'secret' } } });
  probe.say('packet', { type: 4, nsp: '/', data: 'old' });
  probe.say('packet', { type: 0, nsp: '/', data: { sid: { pid: 'secret', size: 1n } } });
  probe.say('packet', { type: 2, nsp: '/', data: [{ token: 'secret' }] });
  expect(probe.lines).toEqual([
    'naru client.refused namespace=/ message="[object Object]"',
    'naru client.refused namespace=/ message="[object Object]"',
    'naru client.refused namespace=/ message=old',
    'naru client.joined namespace=/ socket="[object Object]"',
    'naru client.event namespace=/ event="[object Object]"',
  ]);
});
