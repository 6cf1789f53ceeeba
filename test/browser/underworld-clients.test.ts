/** One station with every kind of client: a page in Chromium, Debian's nc, curl, and the stock STOMP client. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { Client, type IMessage } from '@stomp/stompjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { chatForAll } from './chat.js';
import { enter, go, nameOn, said, say, until } from './people.js';
import { DESK, findings, isRunnable, overflow, PATIENCE, PHONE, Service, shoot } from './served-chat.js';

vi.setConfig({ testTimeout: PATIENCE });

const tools = [
  ['nc', 'netcat-openbsd'],
  ['curl', 'curl'],
] as const;
const missing = tools.filter(([tool]) => !isThere(tool)).map(([tool, parcel]) => `${tool} (apt-get install ${parcel})`);
const mustRun = process.env.NARU_REQUIRE_PEERS === '1';
const hasTools = missing.length === 0 || mustRun;
const why = missing.length > 0 ? `: ${missing.join(' and ')} missing` : '';

const chat = chatForAll(() => Service.start({ endpoints: ['tcp://127.0.0.1:0', 'stomp://127.0.0.1:0'] }));
let programs: ChildProcess[] = [];
let client: Client | undefined;

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL');
  programs = [];
  await client?.deactivate({ force: true });
  client = undefined;
});

function isThere(tool: string): boolean {
  try {
    execFileSync('which', [tool], { stdio: 'pipe' });
    return true;
  } catch {
    // The program is not installed, and the name of the test says so.
    return false;
  }
}

interface Program {
  text(): string;
  write(line: string): void;
}

/** Runs a program until the end of the test. */
function run(command: string, args: readonly string[]): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  programs.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return { text: () => text, write: (line) => void child.stdin.write(`${line}\n`) };
}

const netcat = (): Program => run('nc', ['127.0.0.1', String(chat.service.endpoints.get('tcp'))]);
const curl = (...args: string[]): Program => run('curl', ['-sN', ...args]);

async function stomp(): Promise<{
  subscribe(topic: string, got: IMessage[]): void;
  send(topic: string, text: string): void;
}> {
  const made = new Client({
    webSocketFactory: () => new WebSocket(`${chat.service.url.replace('http', 'ws')}stomp`, ['v12.stomp']) as never,
    reconnectDelay: 0,
  });
  client = made;
  await new Promise<void>((resolve) => {
    made.onConnect = () => resolve();
    made.activate();
  });
  return {
    subscribe: (destination, got) => void made.subscribe(destination, (message) => void got.push(message)),
    send: (destination, body) => made.publish({ destination, body }),
  };
}

/** Runs the page's script, which has a WebSocket and the library as `StompJs`. */
function runScript(script: string, log: (...words: unknown[]) => void): Client {
  const make = new Function('StompJs', 'console', `${script}\nreturn client;`) as (...parts: unknown[]) => Client;
  Object.assign(globalThis, { WebSocket });
  return make({ Client }, { log });
}

const wordsOf = (got: readonly IMessage[]): string[] =>
  got.filter(({ headers }) => headers.event === 'said').map(({ body }) => String(JSON.parse(body)[2]));

describe.skipIf(!isRunnable || !hasTools)(`a page, nc, curl and a STOMP client in one station${why}`, () => {
  it('hear each other, and the page shows the kind of each client', async () => {
    const ann = await chat.crowd.stranger();
    await enter(ann, 'riverside');
    const name = await nameOn(ann);
    const nc = netcat();
    nc.write('/join riverside');
    await until(async () => nc.text().includes('entered "riverside"'), true);
    const address = `${chat.service.url}events/riverside?token=river-stone`;
    const stream = curl(address);
    await until(async () => stream.text().includes('event: entered'), true);
    const broker = await stomp();
    const got: IMessage[] = [];
    broker.subscribe('/topic/riverside', got);
    await until(() => ann.locator('.people li').count(), 4);

    await say(ann, 'from the page');
    nc.write('from the terminal');
    await said(ann, 'from the terminal').waitFor();
    const posted = curl('--data-urlencode', 'text=from the stream & on', address);
    await said(ann, 'from the stream & on').waitFor();
    await until(async () => posted.text(), '{"published":1}\n');
    broker.send('/topic/riverside', 'from the broker');
    await said(ann, 'from the broker').waitFor();

    const all = ['from the page', 'from the terminal', 'from the stream & on', 'from the broker'];
    await until(async () => wordsOf(got), all);
    for (const { text } of [nc, stream]) {
      await until(async () => text().includes('from the broker'), true);
      const heard = [...text().matchAll(/said(?:\n(?:id: .*\n)?data: \[| )"riverside"[ ,]"([^"]+)"[ ,]"([^"]+)"/g)];
      expect(heard.map(([, , words]) => words)).toEqual(all);
      expect(heard[0]?.[1]).toBe(name);
    }
    for (const client of ['web', 'terminal', 'stream', 'broker']) {
      expect(await ann.locator(`.people .client-${client}`).count()).toBe(1);
      expect(await ann.locator(`.log .client-${client}`).count()).toBe(1);
    }
    expect(await ann.locator('.people .client-terminal').textContent()).toBe('via terminal');
    nc.write('/quit');
    await until(() => ann.locator('.people .client-terminal').count(), 0);
  });

  it('a page and nc ride together', async () => {
    const ann = await chat.crowd.stranger();
    const nc = netcat();
    nc.write('/ask line');
    await until(async () => nc.text().includes('"waiting"'), true);
    await go(ann, '#/');
    await ann.locator('.welcome .primary').click();
    await ann.locator('.ride-head .client-terminal').waitFor();
    nc.write('good evening');
    await said(ann, 'good evening').waitFor();
    await say(ann, 'you, too');
    await until(async () => nc.text().includes(`ride:said "${await nameOn(ann)}" "you, too"`), true);
    await shoot(ann, 'clients-ride-desk');
    nc.write('/ask hangup');
    await ann.locator('.over').waitFor();
  });

  it('work with the commands that the page shows', async () => {
    const ann = await chat.crowd.stranger();
    await enter(ann, 'library');
    await ann.locator('.bar button', { hasText: 'Other clients' }).click();
    const lines = await ann.locator('dialog pre').allTextContents();
    const [terminal = '', listen = '', speak = '', script = ''] = lines;
    await ann.keyboard.press('Escape');
    const [dial = '', ...typed] = terminal.split('\n');
    const nc = run('sh', ['-c', dial]);
    for (const line of typed) nc.write(line);
    await said(ann, 'hello').waitFor();
    const stream = run('sh', ['-c', listen]);
    await until(async () => stream.text().includes('event: entered'), true);
    run('sh', ['-c', speak]);
    await ann.locator('.log .client-stream').waitFor();
    const heard: unknown[][] = [];
    client = runScript(script, (...words) => void heard.push(words));
    await ann.locator('.log .client-broker').waitFor();
    await until(async () => heard.some(([event, body]) => event === 'said' && String(body).includes('hello')), true);
  });
});

describe.skipIf(!isRunnable || !hasTools)(`the marks of kinds, and the page of other clients${why}`, () => {
  const looks = [
    ['desk-dark-en', 'workshop', { ...DESK, locale: 'en-US', colorScheme: 'dark' }],
    ['desk-light-ko', 'last-stop', { ...DESK, locale: 'ko-KR', colorScheme: 'light' }],
    ['phone-dark-ko', 'music-hall', { ...PHONE, locale: 'ko-KR', colorScheme: 'dark' }],
    ['phone-light-en', 'night-market', { ...PHONE, locale: 'en-US', colorScheme: 'light' }],
  ] as const;

  it.each(looks)('fit, and are accessible: %s', async (look, station, options) => {
    const ann = await chat.crowd.stranger(options);
    await enter(ann, station);
    const nc = netcat();
    nc.write(`/join ${station}`);
    await until(async () => nc.text().includes('entered "'), true);
    const address = `${chat.service.url}events/${station}?token=${look}`;
    const stream = curl(address);
    await until(async () => stream.text().includes('event: entered'), true);
    const broker = await stomp();
    broker.subscribe(`/topic/${station}`, []);
    await say(ann, 'Who is building something tonight?');
    nc.write('A mail reader, in a terminal of course.');
    await said(ann, 'A mail reader').waitFor();
    curl('-d', 'text=My cat feeder posts here when the bowl is empty.', address);
    await said(ann, 'cat feeder').waitFor();
    broker.send(`/topic/${station}`, 'A back end that says hello.');
    await said(ann, 'A back end').waitFor();
    const check = async (screen: string): Promise<void> => {
      await shoot(ann, `${screen}-${look}`);
      expect(await findings(ann)).toEqual([]);
      expect(await overflow(ann)).toBe(0);
    };
    await check('clients-station');
    const toggle = ann.locator('.people-toggle');
    if (await toggle.isVisible()) {
      await toggle.click();
      await check('clients-people');
    }
    await ann.locator('.people-foot button').click();
    await ann.locator('dialog[open] pre').first().waitFor();
    await check('clients-dialog');
    await ann.locator('dialog .marks').scrollIntoViewIfNeeded();
    await shoot(ann, `clients-marks-${look}`);
    await ann.keyboard.press('Escape');
    if (await ann.locator('.people-close').isVisible()) await ann.locator('.people-close').click();
    await ann.locator('.log .turn-name').nth(-1).click();
    await ann.locator('dialog[open] .came').waitFor();
    await check('clients-person');
  });

  it('leave every page without errors and foreign requests', () => {
    expect(chat.crowd.errors).toEqual([]);
    expect(chat.crowd.foreign).toEqual([]);
  });
});
