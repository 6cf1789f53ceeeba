/** Actions of players in the arena application. Each one waits for its effect. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { until } from './people.js';
import { pictureMoves } from './picture.js';

/** Enters the game from the first screen, and waits until the player is on the field. */
export async function enterGame(page: Page): Promise<void> {
  await page.locator('.play').click();
  await page.locator('.standing').waitFor();
}

/** Opens the figures of the line, if they are closed. */
export async function openPanel(page: Page): Promise<void> {
  const button = page.locator('.line');
  if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
  await page.locator('.panel').waitFor();
}

/** Opens the scores of the round, if they are closed. */
export async function openBoard(page: Page): Promise<void> {
  const button = page.locator('.board-button');
  if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
  await page.locator('.board, .scores').first().waitFor();
}

/** The number in a line of the panel, such as `figure-snapshots`. */
export async function figureOf(page: Page, kind: string): Promise<number> {
  return Number.parseFloat(((await page.locator(`.${kind}`).textContent()) ?? '').replace(/^\D+/, ''));
}

/** Waits until the line carries nearly every snapshot of the server, which makes thirty a second. */
export async function flows(page: Page): Promise<void> {
  await openPanel(page);
  await until(async () => (await figureOf(page, 'figure-snapshots')) > 20, true);
}

/** Walks to the right and flashes the lamp with the keyboard alone. */
export async function walk(page: Page, key = 'KeyD'): Promise<void> {
  await pictureMoves(page, async () => {
    await page.keyboard.down(key);
    await page.keyboard.press('Space', { delay: 120 });
  });
  await page.keyboard.up(key);
}

/** Walks and fires with two thumbs on the touch screen. */
export async function walkByThumbs(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() ?? { width: 360, height: 740 };
  const [left, right] = [
    { x: width * 0.25, y: height * 0.75, id: 1 },
    { x: width * 0.75, y: height * 0.75, id: 2 },
  ];
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: object[]): Promise<unknown> =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: touchPoints as (typeof left)[] });
  await pictureMoves(page, async () => {
    await touch('touchStart', [left, right]);
    await touch('touchMove', [
      { ...left, x: left.x - 60 },
      { ...right, y: right.y - 60 },
    ]);
  });
  await touch('touchEnd', []);
  await session.detach();
}

/** The link to the room of a player, from the dialog about oneself. */
export async function linkOf(page: Page): Promise<string> {
  await page.locator('.top-end .round').last().click();
  // Escape does nothing before the dialog is open.
  const link = await page.locator('dialog[open] .invite code').textContent();
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  return link ?? '';
}

/** The names on the scoreboard of a page. */
export async function namesOnBoard(page: Page): Promise<string[]> {
  return page.locator('.standings .player-name').allTextContents();
}

/** A UDP port between a page and the lane of a server. It can be blocked, as a firewall does it. */
export async function openRelay(lanePort: number): Promise<{ port: number; block(is: boolean): void }> {
  const outside = createSocket('udp4');
  const insides = new Map<string, ReturnType<typeof createSocket>>();
  let isBlocked = false;
  // Each page has a socket of its own, so that the server tells them apart.
  const insideFor = ({ address, port }: RemoteInfo): ReturnType<typeof createSocket> => {
    const name = `${address} ${port}`;
    const inside = insides.get(name) ?? createSocket('udp4');
    if (!insides.has(name)) {
      inside.on('message', (datagram) => {
        if (!isBlocked) outside.send(datagram, port, address);
      });
      insides.set(name, inside);
    }
    return inside;
  };
  outside.on('message', (datagram, from) => {
    if (!isBlocked) insideFor(from).send(datagram, lanePort, '127.0.0.1');
  });
  await new Promise<void>((resolve) => outside.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    outside.close();
    for (const inside of insides.values()) inside.close();
  });
  return {
    port: outside.address().port,
    block: (is) => {
      isBlocked = is;
    },
  };
}

/** Code for a page, to run before anything else: its lanes go to another port, such as that of a relay. */
export function throughPort(port: number): string {
  return `{
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
      const sdp = description.sdp.replace(/^(a=candidate:.* udp \\d+ \\S+) \\d+ /gm, '$1 ${port} ');
      return set.call(this, { type: description.type, sdp });
    };
  }`;
}

/**
 * Lets the page of a game draw 10 times a second instead of 60. A machine without a graphics card spends a third of the
 * time of these tests on it, and no test needs more.
 */
export function drawSeldom(): void {
  const { requestAnimationFrame: request, cancelAnimationFrame: cancel } = globalThis;
  const real = new Map<number, number>();
  let [drawnAt, last] = [0, 0];
  globalThis.requestAnimationFrame = (draw) => {
    last += 1;
    const id = last;
    const look = (now: number): void => {
      if (now - drawnAt < 95 && now !== drawnAt) real.set(id, request(look));
      else {
        drawnAt = now;
        real.delete(id);
        draw(now);
      }
    };
    real.set(id, request(look));
    return id;
  };
  globalThis.cancelAnimationFrame = (id) => {
    cancel(real.get(id) ?? 0);
    real.delete(id);
  };
}
