/** Guests in one page of Chromium: our bundle for browsers, and the page's own APIs without a library. */
import type { Server as HttpServer } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import type * as Naru from '../../../packages/naru/src/client/browser.js';
import { bundle } from '../../../packages/naru/test/client/bundle.js';
import { CLOSED, Guest, type GuestFacts, ROOM, toJson, type Words } from './guest.js';

declare const naru: typeof Naru;
declare const hear: (name: string, event: string, args: unknown[]) => void;

export const CHROMIUM = '/usr/bin/chromium';

/** The page. */
export class Chromium {
  readonly #listeners = new Map<string, (event: string, args: unknown[]) => void>();
  readonly #browser: Browser;
  readonly page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  /** Opens the page. `http` serves it beside its endpoints. */
  static async open(http: HttpServer, url: string): Promise<Chromium> {
    const script = await bundle('browser.ts');
    http.on('request', (request, response) => {
      if (request.url === '/naru.js') response.setHeader('content-type', 'text/javascript').end(script);
      else if (request.url === '/') {
        response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><link rel="icon" href="data:,"><script src="/naru.js"></script>');
      }
    });
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'];
    const browser = await chromium.launch({ executablePath: CHROMIUM, args });
    const chrome = new Chromium(browser, await browser.newPage());
    await chrome.page.exposeFunction('hear', (name: string, event: string, args: unknown[]) =>
      chrome.#listeners.get(name)?.(event, args),
    );
    await chrome.page.goto(url);
    return chrome;
  }

  listen(name: string, listener: (event: string, args: unknown[]) => void): void {
    this.#listeners.set(name, listener);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

abstract class PageGuest extends Guest {
  readonly #chromium: Chromium;

  constructor(facts: GuestFacts, chromium: Chromium) {
    super(facts);
    this.#chromium = chromium;
    chromium.listen(facts.name, (event, args) => this.hearJson(event, args));
  }

  protected get page(): Page {
    return this.#chromium.page;
  }
}

/** A page with our bundle, over a WebSocket. */
export class BundleGuest extends PageGuest {
  async enter(): Promise<void> {
    await this.page.evaluate(
      async ([name, room]) => {
        const socket = naru.io({ transports: ['websocket'], auth: { name } });
        Object.assign(globalThis, { socket });
        socket.onAny((event: string, value: unknown) => {
          const $bytes = value instanceof ArrayBuffer && btoa(String.fromCharCode(...new Uint8Array(value)));
          hear(name, event, [$bytes ? { $bytes } : value]);
        });
        await socket.subscribe(room);
      },
      [this.name, ROOM] as const,
    );
  }

  async say(words: Words): Promise<void> {
    await this.page.evaluate(
      async ([room, words]) => {
        await (globalThis as unknown as { socket: Naru.Socket }).socket.publish(room, 'say', words);
      },
      [ROOM, words] as const,
    );
  }

  async show(bytes: Buffer): Promise<void> {
    await this.page.evaluate(
      async ([room, bytes]) => {
        const { socket } = globalThis as unknown as { socket: Naru.Socket };
        await socket.publish(room, 'data', new Uint8Array(bytes));
      },
      [ROOM, [...bytes]] as const,
    );
  }

  knock(): Promise<unknown> {
    return this.page.evaluate(async (room) => {
      const { socket } = globalThis as unknown as { socket: Naru.Socket };
      return socket.subscribe(room).catch((error) => `${error.message}`);
    }, CLOSED);
  }

  async leave(): Promise<void> {
    await this.page.evaluate(() => {
      (globalThis as unknown as { socket: Naru.Socket }).socket.disconnect();
    });
  }
}

/** A page with `new WebSocket` on the plain events. */
export class WebSocketGuest extends PageGuest {
  async enter(): Promise<void> {
    await this.page.evaluate(
      async ([name, room]) => {
        const url = `ws://${location.host}/events/${room}?auth=${encodeURIComponent(JSON.stringify({ name }))}`;
        const plain = new WebSocket(url);
        Object.assign(globalThis, { plain });
        plain.addEventListener('message', ({ data }) => {
          const { event, args } = JSON.parse(data) as { event?: string; args?: unknown[] };
          if (event && args) hear(name, event, args);
        });
        await new Promise((resolve, reject) => {
          plain.onopen = resolve;
          plain.onerror = reject;
        });
      },
      [this.name, ROOM] as const,
    );
  }

  say(words: Words): Promise<void> {
    return this.#send({ event: 'say', args: [words], room: ROOM });
  }

  show(bytes: Buffer): Promise<void> {
    return this.#send({ event: 'data', args: [toJson(bytes)], room: ROOM });
  }

  knock(): Promise<unknown> {
    return this.page.evaluate(async (room) => {
      const { plain } = globalThis as unknown as { plain: WebSocket };
      const answer = new Promise<string>((resolve) => {
        plain.onmessage = ({ data }) => resolve(data);
      });
      plain.send(JSON.stringify({ join: room }));
      return JSON.parse(await answer);
    }, CLOSED);
  }

  async leave(): Promise<void> {
    await this.page.evaluate(() => (globalThis as unknown as { plain: WebSocket }).plain.close());
  }

  #send(message: object): Promise<void> {
    return this.page.evaluate(
      (text) => (globalThis as unknown as { plain: WebSocket }).plain.send(text),
      JSON.stringify(message),
    );
  }
}

/** A page with `new EventSource`, which sends by `fetch`. */
export class EventSourceGuest extends PageGuest {
  async enter(): Promise<void> {
    await this.page.evaluate(
      async ([name, room]) => {
        const source = new EventSource(`/events/${room}?auth=${encodeURIComponent(JSON.stringify({ name }))}`);
        Object.assign(globalThis, { source });
        for (const event of ['say', 'data']) {
          source.addEventListener(event, ({ data }) => hear(name, event, JSON.parse(data)));
        }
        await new Promise((resolve, reject) => {
          source.onopen = resolve;
          source.onerror = reject;
        });
      },
      [this.name, ROOM] as const,
    );
  }

  say(words: Words): Promise<void> {
    return this.#post('say', 'application/json', [...Buffer.from(JSON.stringify(words))]);
  }

  show(bytes: Buffer): Promise<void> {
    return this.#post('data', 'application/octet-stream', [...bytes]);
  }

  knock(): Promise<unknown> {
    return this.page.evaluate(async (room) => {
      const response = await fetch(`/events/${room}`);
      const { error } = await response.json();
      return [response.status, error];
    }, CLOSED);
  }

  async leave(): Promise<void> {
    await this.page.evaluate(() => (globalThis as unknown as { source: EventSource }).source.close());
  }

  #post(event: string, type: string, body: number[]): Promise<void> {
    return this.page.evaluate(
      async ([room, event, type, body]) => {
        const url = `/events/${room}?event=${event}`;
        const options = { method: 'POST', headers: { 'content-type': type }, body: new Uint8Array(body) };
        const response = await fetch(url, options);
        if (response.status !== 202) throw new Error(await response.text());
      },
      [ROOM, event, type, body] as const,
    );
  }
}
