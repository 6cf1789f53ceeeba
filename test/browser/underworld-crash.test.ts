/**
 * Many people talk while the server is killed again and again, and then the log must have every message. The test uses
 * the page's protocol without a browser.
 */
import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'naru/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE, Service } from './served-chat.js';

vi.setConfig({ testTimeout: 2 * PATIENCE, hookTimeout: PATIENCE });

const PEOPLE = 8;
const WORDS = 8;
const KILLS = 6;

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});
afterAll(async () => {
  await service?.stop();
});

interface Answer {
  readonly ok?: boolean;
  readonly waitMs?: number;
}

interface Page {
  readonly events?: readonly {
    readonly event: string;
    readonly args: readonly [string, { key: string; text: string; seq: number }];
  }[];
  readonly hasMore?: boolean;
  readonly next?: string;
}

/** A person who sends a number of messages, each under its key until it is answered. */
class Talker {
  readonly socket: Socket;
  readonly heard: string[] = [];
  readonly said: readonly string[];
  left: string[];
  #isIn = false;

  constructor(url: string, number: number) {
    this.said = Array.from({ length: WORDS }, (_, index) => `p${number}-${index}`);
    this.left = [...this.said];
    const ticket = randomBytes(16).toString('hex');
    this.socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 300,
      auth: { ticket, turn: 0 },
    });
    this.socket.on('message', (_place: string, { key }: { key: string }) => void this.heard.push(key));
    this.socket.on('disconnect', () => {
      this.#isIn = false;
    });
  }

  ask<T = Answer>(event: string, ...args: unknown[]): Promise<T | undefined> {
    return (this.socket.timeout(3_000).emitWithAck(event, ...args) as Promise<T>).catch(() => undefined);
  }

  async talk(): Promise<void> {
    let once = '';
    for (let text = this.left[0]; text !== undefined; text = this.left[0]) {
      if (!this.#isIn) this.#isIn = (await this.ask('station:enter', { id: 'central' }))?.ok === true;
      once ||= randomBytes(16).toString('hex');
      const answer = this.#isIn
        ? await this.ask('naru:once', once, 'say', { place: 'central', key: text, text })
        : undefined;
      if (answer?.ok) this.left.shift();
      // After an answer the next attempt gets a new key. Without one it repeats the old key.
      if (answer) once = '';
      if (answer && !answer.ok) await new Promise((done) => setTimeout(done, answer.waitMs ?? 100));
      if (!answer) await new Promise((done) => setTimeout(done, 50));
    }
  }

  async history(): Promise<string[]> {
    while (!(await this.ask('station:enter', { id: 'central' }))?.ok)
      await new Promise((done) => setTimeout(done, 100));
    const keys: string[] = [];
    for (let before: string | undefined, hasMore = true; hasMore; ) {
      const page = await this.ask<Page>('naru:history', 'place:central', { limit: 20, before });
      if (!page?.events) continue;
      keys.unshift(...page.events.map(({ args }) => args[1].key));
      before = page.next;
      hasMore = page.hasMore === true;
    }
    return keys;
  }
}

describe('people who talk while the server is killed again and again', () => {
  it('have all sent each of their messages once, in order, and hear nothing twice', async () => {
    const people = Array.from({ length: PEOPLE }, (_, number) => new Talker(service.url, number));
    const talks = Promise.all(people.map((each) => each.talk()));
    for (let kill = 1; kill <= KILLS; kill++) {
      const goal = (PEOPLE * WORDS * kill) / (KILLS + 1);
      // The kill depends on the number of acknowledgements rather than on time, so it hits the middle of the next
      // messages.
      await expect
        .poll(() => people.reduce((sum, { left }) => sum + WORDS - left.length, 0), { timeout: PATIENCE, interval: 5 })
        .toBeGreaterThanOrEqual(goal);
      await service.crash();
      await service.revive();
    }
    await talks;
    const wanted = people.flatMap(({ said }) => said).sort();
    const [first, ...others] = await Promise.all(people.map((each) => each.history()));
    expect([...(first ?? [])].sort()).toEqual(wanted);
    for (const other of others) expect(other).toEqual(first);
    for (const { said, heard } of people) {
      expect(first?.filter((key) => said.includes(key))).toEqual(said);
      expect(new Set(heard).size).toBe(heard.length);
    }
    for (const { socket } of people) socket.disconnect();
  });
});
