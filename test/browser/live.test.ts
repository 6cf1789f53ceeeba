import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chatForAll } from './chat.js';
import { CAMERA, coloursOf, goOnAir, hasColoursOf, hears, listenToPage, moves, untouched } from './live-people.js';
import { go, say, until } from './people.js';
import { isRunnable, PATIENCE, PHONE, Service, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

const chat = chatForAll(() => Service.start({ app: 'live', graceMs: 120_000 }), CAMERA, untouched);

const hasFfmpeg = existsSync('/usr/bin/ffmpeg') || process.env.NARU_REQUIRE_PEERS === '1';
let folder: string | undefined;
let program: ChildProcess | undefined;

afterEach(() => {
  program?.kill('SIGKILL');
  program = undefined;
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

describe.skipIf(!isRunnable)('a stranger', () => {
  it('goes on air, and three viewers see and hear it, one of them on a phone', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const viewers = [];
    for (const size of [{}, {}, PHONE]) viewers.push(await chat.crowd.stranger(size, link, listenToPage));
    for (const viewer of viewers) {
      await moves(viewer);
      expect(await coloursOf(viewer)).toBeGreaterThan(2);
      await viewer.locator('.sound-ask').click();
      await hears(viewer);
    }
    for (const viewer of viewers) await hasColoursOf(ann, viewer);
    // All of them are there at the same time, and the pictures go on.
    await until(() => ann.locator('.desk-viewers').textContent(), '3');
    for (const viewer of viewers) await moves(viewer);
    await ann.locator('.stop').click();
    for (const viewer of viewers) await viewer.locator('.curtain', { hasText: 'ended' }).waitFor();
  });

  it.skipIf(!hasFfmpeg)(
    'puts a program on air with the command of the page, and a viewer sees and hears it',
    async () => {
      const ann = await chat.crowd.stranger({}, '#/program');
      const [file = '', ...args] = ((await ann.locator('.command').textContent()) ?? '').split(' ');
      folder = mkdtempSync(join(tmpdir(), 'live-program-'));
      const input =
        '-f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine -t 60 -c:v mpeg4 -q:v 4 -c:a aac input.mp4';
      execFileSync('ffmpeg', ['-loglevel', 'error', ...input.split(' ')], { cwd: folder });
      program = spawn(file, args, { cwd: folder, stdio: 'ignore' });
      await ann.locator('.desk-bitrate').waitFor();
      const link = await ann.locator('.copied-text:not(.command)').textContent();
      const bo = await chat.crowd.stranger({}, new URL(link ?? '').hash, listenToPage);
      await moves(bo);
      expect(await coloursOf(bo)).toBeGreaterThan(5);
      await bo.locator('.sound-ask').click();
      await hears(bo);
      await moves(bo);
      program.kill('SIGINT');
      await bo.locator('.curtain', { hasText: 'ended' }).waitFor();
    },
  );

  it('has a picture before the page is connected', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({}, '#/kept');
    await bo.routeWebSocket(/./, () => undefined);
    await bo.goto('about:blank');
    await bo.goto(`${chat.service.url}/${link}`);
    await bo.locator('.place-title').waitFor();
    await until(async () => (await coloursOf(bo)) > 2, true);
    await shoot(bo, 'live-still');
    await bo.locator('.curtain-thin', { hasText: 'coming' }).waitFor();
    await ann.locator('.stop').click();
  });

  it('goes on after a crash of the server, and viewers rewind to the time before it', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({}, link);
    const cy = await chat.crowd.stranger();
    await cy.locator('.train-mark', { hasText: 'Live' }).waitFor();
    await moves(bo);
    // A place on the tape is noted each five seconds.
    await bo.locator('.rewind input[min="-15"]').waitFor();
    await chat.service.crash();
    await bo.locator('.signal-offline').waitFor();
    await cy.locator('.train-lost .train-mark', { hasText: 'signal lost' }).waitFor();
    await chat.service.revive();
    await bo.locator('.signal-online').waitFor();
    await cy.locator('.train-mark', { hasText: 'Live' }).waitFor();
    await moves(bo);
    await bo.locator('.rewind input').fill('-15');
    await until(async () => (await bo.locator('.to-live').getAttribute('disabled')) === null, true);
    await moves(bo);
    await shoot(bo, 'live-rewound');
    await bo.locator('.to-live').click();
    await until(async () => (await bo.locator('.to-live').getAttribute('disabled')) === null, false);
    await moves(bo);
    await ann.locator('.stop').click();
    await bo.locator('.curtain', { hasText: 'ended' }).waitFor();
  });

  it('goes on air with MediaRecorder where the browser cannot encode', async () => {
    const ann = await chat.crowd.stranger({}, '', () => Reflect.deleteProperty(globalThis, 'VideoEncoder'));
    const bo = await chat.crowd.stranger({}, await goOnAir(ann));
    await moves(bo);
    await hasColoursOf(ann, bo);
    await ann.locator('.stop').click();
  });

  it('is told that the browser cannot play live pictures', async () => {
    const ann = await chat.crowd.stranger();
    const link = await goOnAir(ann);
    const bo = await chat.crowd.stranger({}, link, () => Reflect.deleteProperty(globalThis, 'VideoDecoder'));
    await bo.locator('.curtain', { hasText: 'cannot play' }).waitFor();
    await ann.locator('.stop').click();
  });

  it('sees the newest message of the chat, however long it is', async () => {
    const [ann, bo] = [await chat.crowd.stranger(PHONE), await chat.crowd.stranger()];
    const link = await goOnAir(ann);
    await go(bo, link);
    await moves(bo);
    // Each is sent although the server may not have answered the one before.
    const spoken = ['one ', 'two ', 'three '];
    for (const word of spoken) await say(bo, word.repeat(45));
    for (const word of spoken) await ann.locator('.said', { hasText: word }).waitFor();
    const hidden = () => ann.locator('.log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
    await until(async () => (await hidden()) < 2, true);
    expect(await ann.locator('.log').evaluate((log) => log.scrollHeight > log.clientHeight)).toBe(true);
    await ann.locator('.stop').click();
  });

  it('removes a viewer who disturbs', async () => {
    const [ann, bo] = [await chat.crowd.stranger(), await chat.crowd.stranger()];
    const link = await goOnAir(ann);
    await go(bo, link);
    await moves(bo);
    await say(bo, 'boo');
    await ann.locator('.said button').click();
    await shoot(ann, 'live-person');
    await ann.locator('dialog .danger').first().click();
    await bo.locator('.curtain', { hasText: 'removed' }).waitFor();
    await moves(await chat.crowd.stranger({}, link));
    await ann.locator('.stop').click();
  });
});
