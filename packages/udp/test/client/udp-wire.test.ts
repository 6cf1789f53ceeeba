import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { io, Manager } from '../../../naru/src/client/index.js';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { udp, udpClientTable } from '../../src/client/udp-wire.js';

describe('the wire for UDP', () => {
  it('is needed for udp:// addresses, which name its package', () => {
    const advice =
      '"udp://127.0.0.1:1" cannot be opened: "udp:" needs a wire: npm install @naru/udp, and give the option "wires: [udp()]"';
    expect(() => io('udp://127.0.0.1:1', { autoConnect: false })).toThrow(advice);
    expect(() => new Manager('udp://127.0.0.1:1', { autoConnect: false })).toThrow(advice);
  });

  walkOptions(udpClientTable, (given) => readOptions(udpClientTable, given));

  it('gives a client the scheme and the transport', () => {
    const socket = io('udp://127.0.0.1:1', { wires: [udp()], autoConnect: false, transports: ['udp'] });
    expect(socket.io.opts.wires).toHaveLength(1);
    socket.disconnect();
  });

  it.each([['udp'], [{}], [udp], udp()])('is not %j', (wires) => {
    expect(() => io('http://localhost', { wires: wires as never, autoConnect: false })).toThrow(
      'Option "wires" must be a list of wires',
    );
  });

  it.each([
    [{ psk: 31_337 }, /^Option "udp.psk" must be a string or bytes, got a value of type number\.$/],
    [{ lane: 5 }, 'Option "udp.lane" must be true, false or the address of an endpoint, got 5.'],
    [{ keyExchange: 'no' }, 'Option "udp.keyExchange" must be true or false'],
    [{ pks: 'x' }, 'Option "udp.pks" does not exist: use "udp.psk".'],
  ])('refuses %j', (options, message) => {
    expect(() => udp(options as object)).toThrow(message);
  });
});
