import { webrtc } from '@naru/udp';
import { Server } from 'naru';
import { afterEach, describe, expect, it } from 'vitest';
import type { GameServer } from '../server/game-server.js';
import { laneOptions, openLane } from '../server/lane.js';

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function server(): GameServer {
  const io: GameServer = new Server({ wires: [webrtc()] });
  ends.push(() => io.close());
  return io;
}

/** Opens the lane of a server, and returns whether it is open and what the log says. */
async function open(port: string, io = server()): Promise<[isOpen: boolean, log: string]> {
  const lines: string[] = [];
  const isOpen = await openLane(io, { env: { ARENA_LANE_PORT: port }, log: (line) => lines.push(line) });
  return [isOpen, lines.join('\n')];
}

function portOf(io: GameServer): number | undefined {
  const address = io.endpoints[0]?.address as { port: number } | undefined;
  return address?.port;
}

describe('the lane', () => {
  it('opens at a free port, and the log names it', async () => {
    const io = server();
    const [isOpen, log] = await open('0', io);
    expect(isOpen).toBe(true);
    const port = portOf(io);
    expect(log).toBe(`Its lane is on UDP port ${port}. Let it through the firewall.`);
  });

  it('is left out when it is off, or its port is taken, and the log says why', async () => {
    expect(await open('off')).toEqual([false, 'It plays over the WebSocket alone, because ARENA_LANE_PORT is off.']);
    const io = server();
    await open('0', io);
    const port = portOf(io);
    const [isOpen, log] = await open(String(port));
    expect(isOpen).toBe(false);
    expect(log).toMatch(/^It plays over the WebSocket alone: .*in use/);
    expect((await open('70000'))[0]).toBe(false);
  });

  it('has the addresses that a deployment names', () => {
    expect(laneOptions({}).publicHosts).toBeUndefined();
    const hosts = ['203.0.113.7', '2001:db8::7'];
    expect(laneOptions({ ARENA_LANE_HOSTS: ' 203.0.113.7, ,2001:db8::7' }).publicHosts).toEqual(hosts);
  });

  it.each([
    [undefined, 4_017],
    ['4050', 4_065],
    ['65530', 65_535],
    ['0', undefined],
    ['no number', 4_017],
  ])('at port %s leaves the ports up to %s to further processes', (port, last) => {
    expect(laneOptions({ ARENA_LANE_PORT: port }).portLast).toBe(last);
  });
});
