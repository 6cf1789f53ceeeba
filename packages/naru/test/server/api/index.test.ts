import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Namespace, Server, Socket } from '../../../src/server/api/index.js';

interface Events {
  tell: (text: string) => void;
}

describe('the classes of the server', () => {
  it('create servers with declared events', () => {
    const io = new Server<Events, Events>(createServer(), { path: '/own' });
    expect(io).toBeInstanceOf(Server);
    expect(io.of('/typed')).toBeInstanceOf(Namespace);
    expect(io.path()).toBe('/own');
    expect(io.emit('tell', 'text')).toBe(true);
  });

  it('can be extended', () => {
    class Chat extends Server<Events, Events> {
      greet(): boolean {
        return this.emit('tell', 'hello');
      }
    }
    const chat = new Chat();
    expect(chat).toBeInstanceOf(Server);
    expect(chat.greet()).toBe(true);
  });

  it('distinguish their objects from others', () => {
    expect({} instanceof Socket).toBe(false);
    expect(new Server() instanceof Namespace).toBe(false);
  });
});
