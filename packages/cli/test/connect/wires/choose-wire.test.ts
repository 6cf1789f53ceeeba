import { describe, expect, it } from 'vitest';
import { chooseWire } from '../../../src/connect/wires/choose-wire.js';
import { openEventsSocket } from '../../../src/connect/wires/events-socket.js';
import { openEventsStream } from '../../../src/connect/wires/events-stream.js';
import { openSocketIoWire } from '../../../src/connect/wires/socket-io.js';
import { openStompWire } from '../../../src/connect/wires/stomp.js';

describe('chooseWire', () => {
  it.each([
    ['http://localhost:3000', openSocketIoWire],
    ['HTTPS://example.com/chat', openSocketIoWire],
    ['ws://[::1]:3000/chat', openSocketIoWire],
    ['wss://example.com', openSocketIoWire],
    ['tcp://localhost:4000/chat', openSocketIoWire],
    ['tls://[::1]:4443', openSocketIoWire],
    ['unix:/run/naru.sock', openSocketIoWire],
    ['unix:/run/naru.sock:/chat', openSocketIoWire],
    ['udp://localhost:4001', openSocketIoWire],
    ['http://localhost:3000/events/lobby', openEventsStream],
    ['https://example.com/events/chat/lobby,news?room=more', openEventsStream],
    ['ws://localhost:3000/events/lobby', openEventsSocket],
    ['wss://example.com/events/', openEventsSocket],
    ['http://localhost:3000/events', openSocketIoWire],
    ['http://localhost:3000/chat/events/lobby', openSocketIoWire],
    ['stomp://localhost', openStompWire],
    ['stomps://localhost:61614/chat', openStompWire],
    ['stomp+ws://localhost:3000/stomp#/chat', openStompWire],
    ['stomp+wss://example.com/stomp', openStompWire],
  ])('accepts %s', (url, wire) => {
    expect(chooseWire(url)).toBe(wire);
  });

  it.each([
    ['localhost:3000', /"localhost:3000" is not an address to connect to; write http:\/\//],
    ['', /is not an address to connect to/],
    ['http:localhost', /is not an address to connect to/],
    ['http://', /is not an address to connect to/],
    ['http://localhost:99999', /is not an address to connect to/],
    ['stomp+ws://', /is not an address to connect to/],
    ['ftp://localhost', /is not an address to connect to/],
    ['javascript:alert(1)', /is not an address to connect to/],
    ['tcp://localhost', /has no port/],
    ['tcp://::1:4000', /brackets/],
    ['udp://local host:1', /white space/],
    ['unix:', /has no path/],
    ['stomp://localhost:70000', /has the port/],
  ])('refuses %j, and says what to write', (url, message) => {
    expect(() => chooseWire(url)).toThrow(message);
  });

  it.each(['ws://localhost', 'tcp://localhost:1', 'stomp://localhost', 'http://localhost/events/lobby'])(
    'reports that %s is a transport already',
    (url) => {
      expect(() => chooseWire(url, ['polling'])).toThrow('--transport is for http:// and https://');
      expect(() => chooseWire(url)).not.toThrow();
    },
  );

  it('accepts transports for HTTP', () => {
    expect(chooseWire('http://localhost', ['polling'])).toBe(openSocketIoWire);
  });
});
