import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { fixedPort } from '../kit/ports.mjs';
import {
  drawSeldom,
  enterGame,
  flows,
  linkOf,
  namesOnBoard,
  openBoard,
  openRelay,
  throughPort,
  walk,
  walkByThumbs,
} from './arena-people.js';
import { chatForAll } from './chat.js';
import { nameOn } from './people.js';
import { pictureMoves } from './picture.js';
import { findings, isRunnable, PATIENCE, PHONE, Service, STEP, shoot } from './served-chat.js';

// needs: apps
vi.setConfig({ testTimeout: PATIENCE });

let lanePort = 0;
const arena = (env: Readonly<Record<string, string>>) =>
  chatForAll(
    async () => {
      const port = await fixedPort();
      lanePort ||= port;
      return Service.start({ app: 'arena', env: { ARENA_LANE_PORT: String(port), ARENA_BOTS: '8', ...env } });
    },
    [],
    drawSeldom,
  );
const chat = arena({});
/** A game with short rounds. */
const short = arena({ ARENA_ROUND_MS: '6000', ARENA_PAUSE_MS: '5000' });

/** A small window, because a machine without a graphics card draws a large field slowly. */
const SMALL = { viewport: { width: 640, height: 400 } } as const;
/** A page that has no WebRTC, so that it plays over the WebSocket. */
const withoutLane = (): unknown => Reflect.deleteProperty(globalThis, 'RTCPeerConnection');

describe.skipIf(!isRunnable)('a player', () => {
  it('plays on over the WebSocket when the port of the lane is blocked, is told so, and gets the lane back', async () => {
    const relay = await openRelay(lanePort);
    relay.block(true);
    const ann = await chat.crowd.stranger(SMALL);
    await ann.addInitScript(throughPort(relay.port));
    await ann.reload();
    await ann.locator('.signal-online').waitFor();
    await enterGame(ann);
    await ann.locator('.toast', { hasText: 'Playing over the WebSocket' }).waitFor();
    await ann.locator('.lane-down').waitFor();
    await shoot(ann, 'arena-blocked');
    await walk(ann);
    await flows(ann);
    relay.block(false);
    await ann.locator('.lane-up').waitFor();
    await flows(ann);
    relay.block(true);
    await ann.locator('.lane-down').waitFor();
    await ann.locator('.figure-path', { hasText: 'over the WebSocket' }).waitFor();
    await walk(ann);
    await flows(ann);
  });

  it('plays with the keyboard alone', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await ann.locator('.play').focus();
    await ann.keyboard.press('Enter');
    await ann.locator('.standing').waitFor();
    // The scores would cover the field, so they are closed. The hint says how to play until the player does.
    await ann.locator('.hint-line, .scores').first().waitFor();
    expect(await ann.locator('.board').count()).toBe(0);
    await walk(ann);
    await ann.keyboard.press('KeyE');
    await ann.locator('.board, .scores').first().waitFor();
    await ann.keyboard.press('KeyE');
    await ann.locator('.board').waitFor({ state: 'detached' });
    await ann.keyboard.press('KeyP');
    await ann.locator('.panel').waitFor();
    await ann.keyboard.press('Escape');
    await ann.locator('.panel').waitFor({ state: 'detached' });
    await ann.keyboard.press('Control+/');
    await ann.locator('dialog[open]').waitFor();
    await ann.keyboard.press('Escape');
    await ann.locator('dialog[open]').waitFor({ state: 'detached' });
    await ann.locator('#field:focus').waitFor();
    await walk(ann, 'KeyA');
  });

  it('has the same place after a reload, and another start after leaving', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await enterGame(ann);
    await ann.locator('.lane-up').waitFor();
    const link = await linkOf(ann);
    await ann.reload();
    await ann.locator('.standing').waitFor();
    expect(await linkOf(ann)).toBe(link);
    await ann.locator('.top-row a').click();
    await enterGame(ann);
    await walk(ann);
    await flows(ann);
    await ann.locator('.lane-up').waitFor();
  });

  it('is told that it plays on in another window, and can take the place back', async () => {
    const [ann, bo] = [await chat.crowd.stranger(SMALL), await chat.crowd.stranger(SMALL)];
    await enterGame(ann);
    const ticket = await ann.evaluate(() => sessionStorage.getItem('arena.ticket'));
    await bo.evaluate((secret) => sessionStorage.setItem('arena.ticket', secret ?? ''), ticket);
    await bo.reload();
    await bo.locator('.signal-online').waitFor();
    await enterGame(bo);
    await ann.locator('.curtain', { hasText: 'another window' }).waitFor();
    expect(await findings(ann)).toEqual([]);
    await shoot(ann, 'arena-moved');
    await ann.locator('.curtain .primary').click();
    await ann.locator('.standing').waitFor();
    await bo.locator('.curtain', { hasText: 'another window' }).waitFor();
  });

  it('meets a friend who opens the link of the room', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await enterGame(ann);
    const link = await linkOf(ann);
    const bo = await chat.crowd.stranger(SMALL, new URL(link).hash);
    await bo.locator('.standing').waitFor();
    for (const page of [ann, bo]) await openBoard(page);
    // Bots come and go meanwhile.
    const boards = async () => [(await namesOnBoard(ann)).sort(), (await namesOnBoard(bo)).sort()];
    await expect.poll(async () => (await boards()).map(String)).toSatisfy(([anns, bos]) => anns !== '' && anns === bos);
  });

  it('reads that a room has closed, and gets into another one', async () => {
    const ann = await chat.crowd.stranger(SMALL, '#/play/closed1');
    await ann.locator('.curtain', { hasText: 'has closed' }).waitFor();
    expect(await findings(ann)).toEqual([]);
    await ann.locator('.curtain .primary').click();
    await ann.locator('.standing').waitFor();
    expect(new URL(ann.url()).hash).toBe('#/play');
  });

  it('flashes the lamp with Space after a dialog, rather than opening the dialog again', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await enterGame(ann);
    for (let count = 0; count < 3; count += 1) {
      await linkOf(ann);
      await walk(ann);
      expect(await ann.locator('dialog').count()).toBe(0);
    }
  });

  it('loads the page again, and only once, when the server has a newer map', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await ann.routeWebSocket(/socket\.io/, (page) => {
      const server = page.connectToServer();
      server.onMessage((data) => page.send(typeof data === 'string' ? data.replace('"map":2', '"map":3') : data));
    });
    let loads = 0;
    ann.on('load', () => {
      loads += 1;
    });
    await ann.reload();
    await expect.poll(() => loads, { timeout: STEP }).toBe(2);
    await enterGame(ann);
    await pictureMoves(ann);
    expect(loads).toBe(2);
  });

  it('comes back to the same room after a crash of the server', async () => {
    const ann = await chat.crowd.stranger(SMALL);
    await enterGame(ann);
    const link = await linkOf(ann);
    await chat.service.crash();
    await ann.locator('.line.signal-offline').waitFor();
    await ann.locator('.float', { hasText: 'Nothing comes from the server' }).waitFor();
    await chat.service.revive();
    await ann.locator('.line.signal-online').waitFor();
    await ann.locator('.standing').waitFor();
    await walk(ann);
    await flows(ann);
    expect(await linkOf(ann)).toBe(link);
  });
});

describe.skipIf(!isRunnable)('a player in short rounds', () => {
  it('plays a round over the lane on a desk and on a phone with touch, and another over the WebSocket', async () => {
    const [ann, bo, cy] = [
      await short.crowd.stranger(),
      await short.crowd.stranger(PHONE),
      await short.crowd.stranger(SMALL, '', withoutLane),
    ];
    const names: string[] = [];
    for (const page of [ann, bo, cy]) {
      names.push(await nameOn(page));
      await enterGame(page);
    }
    for (const page of [ann, bo]) await page.locator('.lane-up').waitFor();
    await cy.locator('.lane-down').waitFor();
    const keys = async (page: Page): Promise<void> => {
      await walk(page, 'KeyD');
      await walk(page, 'KeyS');
    };
    await Promise.all([keys(ann), walkByThumbs(bo), keys(cy)]);
    for (const page of [ann, bo, cy]) {
      await flows(page);
      await pictureMoves(page);
    }
    await ann.locator('.figure-path', { hasText: 'over the lane' }).waitFor();
    for (const page of [ann, bo, cy]) await page.locator('.line-text', { hasText: /^\d+ ms$/ }).waitFor();
    await cy.locator('.figure-path', { hasText: 'over the WebSocket' }).waitFor();
    await shoot(ann, 'arena-lane-desk');
    await shoot(bo, 'arena-lane-phone');
    const namesAfter = async (page: Page): Promise<string[]> => {
      await page.locator('.scores').waitFor();
      return namesOnBoard(page);
    };
    for (const shown of await Promise.all([ann, bo, cy].map(namesAfter)))
      expect(shown).toEqual(expect.arrayContaining(names));
    await shoot(bo, 'arena-scores-phone');
    await Promise.all([ann, bo, cy].map((page) => page.locator('.scores').waitFor({ state: 'detached' })));
    for (const page of [ann, bo, cy]) await flows(page);
    await ann.locator('.lane-up').waitFor();
  });

  it('saves the result of a round as a picture', async () => {
    const ann = await short.crowd.stranger(SMALL);
    await enterGame(ann);
    const saving = ann.waitForEvent('download', { timeout: STEP });
    await ann.locator('.share').click();
    const picture = await saving;
    expect(picture.suggestedFilename()).toBe('arena.png');
    expect((await readFile(await picture.path())).subarray(1, 4).toString()).toBe('PNG');
  });

  it('reads the name of the place at the start of each round, and where the next one is', async () => {
    const ann = await short.crowd.stranger(SMALL);
    await enterGame(ann);
    const places = ['The Depot', 'The Transfer Hall', 'The Flooded Tunnel'];
    const title = ann.locator('.field-name');
    await title.waitFor();
    const first = places.indexOf((await title.textContent()) ?? '');
    const next = places[(first + 1) % places.length] ?? '';
    await title.waitFor({ state: 'detached' });
    await ann.locator('.next-in', { hasText: next }).waitFor();
    await title.filter({ hasText: next }).waitFor();
    await pictureMoves(ann);
  });
});

describe.skipIf(!isRunnable)('all pages so far', () => {
  it('had no errors, foreign code or foreign requests', () => {
    for (const { crowd } of [chat, short]) expect([crowd.errors, crowd.foreign]).toEqual([[], []]);
  });
});
