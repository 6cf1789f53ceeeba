import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { Link } from '../../../src/testing/network/link.js';
import { socketError } from '../../../src/testing/network/link-end.js';
import { linkTable } from '../../../src/testing/network/link-options.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';

function open(): { clock: FakeClock; link: Link } {
  const clock = new FakeClock();
  const parts = { clock, random: new SeededRandom(1), settings: readOptions(linkTable) };
  const addresses = { client: { address: '10.0.0.2', port: 50_000 }, server: { address: '10.0.0.1', port: 80 } };
  return { clock, link: new Link(parts, addresses) };
}

describe('LinkEnd', () => {
  it('shows the addresses of both sides', () => {
    const { link } = open();
    const { client, server } = link;
    expect([client.localAddress, client.localPort, client.remoteAddress, client.remotePort]).toEqual([
      '10.0.0.2',
      50_000,
      '10.0.0.1',
      80,
    ]);
    expect([server.remoteAddress, server.remotePort]).toEqual(['10.0.0.2', 50_000]);
    expect(server.address()).toEqual({ address: '10.0.0.1', family: 'IPv4', port: 80 });
  });

  it('has the methods of a socket that have nothing to do here', () => {
    const { client } = open().link;
    expect(client.setNoDelay().setKeepAlive().ref().unref()).toBe(client);
  });

  it('writes everything before it destroys itself soon', async () => {
    const { clock, link } = open();
    let text = '';
    link.server.on('data', (chunk) => {
      text += chunk;
    });
    link.client.write('all of ');
    link.client.write('this');
    link.client.destroySoon();
    await clock.settle();
    expect([text, link.client.destroyed]).toEqual(['all of this', true]);
  });

  it('shows a reset to both sides', async () => {
    const { clock, link } = open();
    const codes: unknown[] = [];
    for (const end of [link.client, link.server])
      end.on('error', (error) => codes.push((error as { code?: string }).code));
    link.client.resetAndDestroy();
    await clock.settle();
    expect(codes).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('forgets a timeout that was taken back', async () => {
    const { clock, link } = open();
    const fired: string[] = [];
    const listener = (): void => void fired.push('timeout');
    link.client.setTimeout(10, listener);
    link.client.setTimeout(0, listener);
    await clock.advance(100);
    expect([fired, clock.timerCount]).toEqual([[], 0]);
  });
});

describe('socketError', () => {
  it('looks like an error of the system', () => {
    expect(socketError('EPIPE')).toMatchObject({ code: 'EPIPE', syscall: 'write', errno: -32, message: 'write EPIPE' });
  });
});
