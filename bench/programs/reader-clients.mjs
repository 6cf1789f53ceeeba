/**
 * The clients of `readers.mjs`, in a process of their own. Each is in one room, loses its connection, and comes
 * back with the offset of the last message that it got. It compares the number in each message with the one it expects.
 */
import { WebSocket } from 'ws';
import { answer } from '../channel.mjs';

const OFFSET = /,"([0-9a-z]{11})"\]$/;
const NUMBER = /^42\["said",(\d+),/;

/** @type {Client[]} */
const clients = [];

class Client {
  #port;
  #room;
  /** @type {WebSocket | undefined} */
  #socket;
  #pid = '';
  #offset = '';
  /** The number of the next message. */
  #next = -1;
  #until = Number.POSITIVE_INFINITY;
  /** @type {(value?: unknown) => void} */
  #onThere = () => {};
  /** @type {(error: Error) => void} */
  #onError = () => {};

  /** @param {number} port @param {number} room */
  constructor(port, room) {
    this.#port = port;
    this.#room = room;
  }

  /** Connects, and resolves when the messages up to a number are there. Without it, one message is waited for. */
  connect(until = -1) {
    return new Promise((resolve, reject) => {
      this.#onThere = resolve;
      this.#onError = reject;
      this.#until = until;
      const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/socket.io/?EIO=4&transport=websocket`);
      this.#socket = socket;
      socket.on('message', (data) => this.#take(String(data)));
      socket.on('error', reject);
    });
  }

  drop() {
    this.#socket?.removeAllListeners();
    this.#socket?.on('error', () => {});
    this.#socket?.terminate();
  }

  /** @param {string} text */
  #take(text) {
    const isBack = this.#pid !== '';
    if (text === '2') this.#socket?.send('3');
    else if (text[0] === '0')
      this.#socket?.send(isBack ? `40${JSON.stringify({ pid: this.#pid, offset: this.#offset })}` : '40');
    else if (text.startsWith('40')) {
      const { pid } = JSON.parse(text.slice(2));
      if (isBack && pid !== this.#pid) this.#onError(new Error('a client was not recovered'));
      this.#pid = pid;
      if (!isBack) this.#socket?.send(`42["join",${this.#room}]`);
      if (this.#next > this.#until) this.#onThere();
    } else if (NUMBER.test(text)) {
      const number = Number(NUMBER.exec(text)?.[1]);
      if (this.#next >= 0 && number !== this.#next)
        this.#onError(new Error(`message ${number} came instead of ${this.#next}`));
      this.#next = number + 1;
      this.#offset = OFFSET.exec(text)?.[1] ?? this.#offset;
      if (number >= this.#until) this.#onThere();
    } else this.#onError(new Error(`this was not expected: ${text.slice(0, 200)}`));
  }
}

answer({
  /** Connects a client for each room in the list. @param {number} port @param {readonly number[]} rooms */
  async open(port, rooms) {
    for (const room of rooms) {
      const client = new Client(port, room);
      clients.push(client);
      await client.connect();
    }
  },
  /** @param {readonly number[]} places */
  drop(places) {
    for (const place of places) clients[place]?.drop();
  },
  /** Brings all clients back. @param {readonly number[]} newest the newest message of each client */
  async back(newest) {
    await Promise.all(clients.map((client, place) => client.connect(newest[place])));
  },
  end() {
    for (const client of clients) client.drop();
  },
});
